//! Canonical JSON (RFC 8785), written straight from what is to be said: a record is one for each thing that an agent does,
//! and to build a tree of it first, or to sort what is sorted already, took most of the time of writing it.

mod members;

use serde::Serialize;
use serde::ser::{Error as _, Serializer};
use serde_json::Error;

use members::{Items, Members};

/// Integers up to this are written alike by everybody (RFC 8785, section 3.2.2.3); a larger one is rounded as a double.
const LARGEST: u64 = 1 << 53;

/// The canonical JSON of a value.
///
/// # Errors
/// Where JSON cannot say it: a number that is none, or a name that is no text.
pub fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(String::from_utf8(out).expect("JSON of texts is a text"))
}

/// Writes the canonical JSON of a value to the end of a text.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(Writer(out))
}

/// What serde writes of a text is what RFC 8785 asks for (section 3.2.2.2): the short escapes, and no others than have
/// to be.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    write_plain(text, out);
}

fn write_plain<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("memory takes whatever is written");
}

/// Writes one value.
struct Writer<'o>(&'o mut Vec<u8>);

impl<'o> Writer<'o> {
    fn plain<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        write_plain(value, self.0);
        Ok(())
    }

    fn integer<T: Serialize + Copy>(self, value: T, size: u64) -> Result<(), Error> {
        if size <= LARGEST {
            return self.plain(&value);
        }
        self.0.extend(serde_json_canonicalizer::to_vec(&value)?);
        Ok(())
    }

    /// Begins an object of one member, whose value is written next.
    fn within(self, variant: &'static str) -> Writer<'o> {
        self.0.push(b'{');
        write_text(variant, self.0);
        self.0.push(b':');
        self
    }
}

impl<'o> Serializer for Writer<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'o>;
    type SerializeTuple = Items<'o>;
    type SerializeTupleStruct = Items<'o>;
    type SerializeTupleVariant = Items<'o>;
    type SerializeMap = Members<'o>;
    type SerializeStruct = Members<'o>;
    type SerializeStructVariant = Members<'o>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.plain(&value)
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.plain(&value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.plain(&value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.plain(&value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.integer(value, value.unsigned_abs())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.plain(&value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.plain(&value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.plain(&value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.integer(value, value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if !value.is_finite() {
            return Err(Error::custom("JSON has finite numbers alone"));
        }
        self.0.extend(serde_json_canonicalizer::to_vec(&value)?);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.plain(&value)
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.plain(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.plain(&())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.plain(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let Writer(out) = self.within(variant);
        write(value, out)?;
        out.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'o>, Error> {
        Ok(Items::begin(self.0, "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'o>, Error> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'o>, Error> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'o>, Error> {
        Ok(Items::begin(self.within(variant).0, "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'o>, Error> {
        Ok(Members::begin(self.0, "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'o>, Error> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'o>, Error> {
        Ok(Members::begin(self.within(variant).0, "}}"))
    }
}

#[cfg(test)]
mod tests;

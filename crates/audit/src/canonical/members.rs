//! What holds other values: arrays, and objects whose members are put into their order when all of them are written.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use serde::Serialize;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};
use serde_json::{Error, Value};

use super::{write, write_text};

/// The items of an array.
pub(super) struct Items<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
    end: &'static str,
}

impl<'o> Items<'o> {
    /// `end` is what closes the array, and what it lies in.
    pub(super) fn begin(out: &'o mut Vec<u8>, end: &'static str) -> Self {
        out.push(b'[');
        let is_empty = true;
        Self { out, is_empty, end }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        write(value, self.out)
    }

    fn close(self) -> Result<(), Error> {
        self.out.extend_from_slice(self.end.as_bytes());
        Ok(())
    }
}

/// The members of an object.
pub(super) struct Members<'o> {
    out: &'o mut Vec<u8>,
    /// Each with where it was written, without a comma.
    written: Vec<(Cow<'static, str>, Range<usize>)>,
    is_sorted: bool,
    /// Of the member whose value comes next.
    name: Cow<'static, str>,
    end: &'static str,
}

impl<'o> Members<'o> {
    /// `end` is what closes the object, and what it lies in.
    pub(super) fn begin(out: &'o mut Vec<u8>, end: &'static str) -> Self {
        out.push(b'{');
        Self {
            out,
            written: Vec::new(),
            is_sorted: true,
            name: Cow::Borrowed(""),
            end,
        }
    }

    fn member<T: Serialize + ?Sized>(
        &mut self,
        name: Cow<'static, str>,
        value: &T,
    ) -> Result<(), Error> {
        if let Some((before, _)) = self.written.last() {
            self.out.push(b',');
            self.is_sorted &= in_order(before, &name).is_lt();
        }
        let begin = self.out.len();
        write_text(&name, self.out);
        self.out.push(b':');
        write(value, self.out)?;
        self.written.push((name, begin..self.out.len()));
        Ok(())
    }

    fn close(mut self) -> Result<(), Error> {
        if !self.is_sorted {
            self.sort();
        }
        self.out.extend_from_slice(self.end.as_bytes());
        Ok(())
    }

    fn sort(&mut self) {
        let begin = self.written[0].1.start;
        self.written.sort_by(|(a, _), (b, _)| in_order(a, b));
        let mut sorted = Vec::with_capacity(self.out.len() - begin);
        for (_, range) in &self.written {
            if !sorted.is_empty() {
                sorted.push(b',');
            }
            sorted.extend_from_slice(&self.out[range.clone()]);
        }
        self.out.truncate(begin);
        self.out.append(&mut sorted);
    }
}

/// The order is that of UTF-16 (RFC 8785, section 3.2.3), which of ASCII is that of the bytes.
fn in_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        return a.cmp(b);
    }
    a.encode_utf16().cmp(b.encode_utf16())
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeTupleStruct for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeTupleVariant for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.name = Cow::Owned(match serde_json::to_value(key)? {
            Value::String(name) => name,
            Value::Number(number) => number.to_string(),
            _ => return Err(Error::custom("a member has a text for its name")),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let name = std::mem::take(&mut self.name);
        self.member(name, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.member(Cow::Borrowed(name), value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeStructVariant for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.member(Cow::Borrowed(name), value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

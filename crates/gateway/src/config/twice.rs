//! Names that an object of a configuration has twice. The last of them would hide the first without a word, and with it
//! perhaps what keeps others out.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::error::Mistake;

/// One mistake for each name that comes again, in a text that is JSON5.
pub(super) fn mistakes(text: &str) -> Vec<Mistake> {
    let mut found = Vec::new();
    let mut reader = json5::Deserializer::from_str(text);
    let all = Names {
        path: String::new(),
        found: &mut found,
    };
    // What cannot be read at all is told of by whoever reads it for its values.
    let _read = all.deserialize(&mut reader);
    found
}

/// Walks over a value and remembers the paths of names that came before in their object.
struct Names<'a> {
    path: String,
    found: &'a mut Vec<Mistake>,
}

impl Names<'_> {
    fn below(&mut self, name: &str) -> Names<'_> {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        Names {
            path,
            found: self.found,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Names<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Names<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let below = self.below(&name);
            if names.contains(&name) {
                below.found.push(Mistake {
                    path: below.path.clone(),
                    problem: "is there twice; put both into one".to_owned(),
                    suggestion: None,
                });
            }
            map.next_value_seed(below)?;
            names.insert(name);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut at = 0_usize;
        while items
            .next_element_seed(self.below(&at.to_string()))?
            .is_some()
        {
            at += 1;
        }
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::mistakes;

    #[test]
    fn a_name_that_comes_twice_in_one_object_is_told_with_its_path() {
        let text = "{gateway: {auth: {mode: 'token'}, port: 1}, // one\n 'agents': {list: [{id: 'a'}, {id: 'b', id: null}]},\n \
                    gateway: {port: 2, port: 1.5, bind: true},}";
        let told: Vec<String> = mistakes(text).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "agents.list.1.id: is there twice; put both into one",
                "gateway: is there twice; put both into one",
                "gateway.port: is there twice; put both into one",
            ]
        );
        assert!(mistakes("{a: {b: 1}, c: {b: 1}, d: [{b: 1}, {b: 1}]}").is_empty());
    }
}

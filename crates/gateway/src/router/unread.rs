//! Published parameters that a method here does not read. Passing one over in silence would do something else than was
//! asked for, so each is refused by its name, but for those of which the lack changes nothing that was asked for.
//!
//! What a method reads is asked of its type, so that no list can fall behind it. A type that gathers the rest in a map
//! tells nothing of itself; its method looks at that map.

use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde_json::{Map, Value};

use super::MethodError;

/// What is passed over, and with it everything that asks for nothing: `null` and `false`.
const PASSED_OVER: &[(&str, &[&str])] = &[
    // Where an answer would be brought to, which is looked at when it is to be brought anywhere; and which of the
    // published gateway's queues a run waits in.
    (
        "agent",
        &[
            "accountId",
            "cleanupBundleMcpOnRunEnd",
            "groupChannel",
            "groupId",
            "groupSpace",
            "lane",
            "replyAccountId",
            "threadId",
            "voiceWakeTrigger",
        ],
    ),
    // There are no runs beside a session's own.
    ("chat.abort", &["preserveSideRuns"]),
    // How much is shown of a text: all of it. And what is told beside the page.
    ("chat.history", &["inputRunIds", "maxChars"]),
    ("chat.message.get", &["maxChars"]),
    // The answer stands in the conversation, which is the one channel.
    ("chat.send", &["deliver"]),
    // Every agent and provider has the same few, and none takes an argument.
    (
        "commands.list",
        &["agentId", "includeArgs", "provider", "scope", "sessionKey"],
    ),
    // Whom a question reaches by channels that there are not, and how its command is drawn. The published gateway
    // takes the devices from its own processes alone.
    (
        "exec.approval.request",
        &[
            "approvalReviewerDeviceIds",
            "commandSpans",
            "deliverToApprovalClientsOnly",
            "requireDeliveryRoute",
            "suppressDelivery",
            "turnSourceAccountId",
            "turnSourceChannel",
            "turnSourceThreadId",
            "turnSourceTo",
        ],
    ),
    // What is listed is what is configured, read as it is asked for.
    ("models.authStatus", &["refresh"]),
    (
        "models.list",
        &[
            "includeProviderCapabilities",
            "preparedOnly",
            "refresh",
            "view",
        ],
    ),
    // How a message is shown or announced, not what it says or to whom.
    ("send", &["accountId", "sessionKey", "silent"]),
    // There are no hooks of commands and sessions, and a session ends when it is deleted.
    ("sessions.create", &["emitCommandHooks", "succeedsParent"]),
    ("sessions.delete", &["emitLifecycleHooks"]),
    // Rows have their title and last message, and are those of every kind of session that there is.
    (
        "sessions.describe",
        &["includeDerivedTitles", "includeLastMessage"],
    ),
    (
        "sessions.list",
        &[
            "configuredAgentsOnly",
            "includeDerivedTitles",
            "includeGlobal",
            "includeLastMessage",
            "includePeople",
            "includeUnknown",
            "ownerFirst",
        ],
    ),
    // The word for what is done in any case.
    ("sessions.reset", &["reason"]),
    ("sessions.resolve", &["includeGlobal", "includeUnknown"]),
    // Everything is counted, of each session for itself.
    (
        "sessions.usage",
        &[
            "agentScope",
            "groupBy",
            "includeContextWeight",
            "includeHistorical",
        ],
    ),
    // There are no plugins.
    ("tools.catalog", &["includePlugins"]),
];

/// Refuses the first published field that asks for something and that the method's type does not read.
pub(super) fn refuse<P: DeserializeOwned>(
    method: &str,
    is_published: impl Fn(&str) -> bool,
    sent: &Map<String, Value>,
) -> Result<(), MethodError> {
    let Some(read) = names_read::<P>() else {
        return Ok(());
    };
    let passed_over = PASSED_OVER.iter().find(|(name, _)| *name == method);
    let passed_over = passed_over.map_or(&[][..], |(_, names)| names);
    let unread = sent.iter().find(|(name, value)| {
        let known = read.contains(&name.as_str()) || passed_over.contains(&name.as_str());
        !known && is_published(name) && asks_for_something(value)
    });
    match unread {
        Some((name, _)) => Err(not_available(name)),
        None => Ok(()),
    }
}

/// Whether a field that nothing is done with asks for anything.
pub(crate) fn asks_for_something(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

pub(crate) fn not_available(field: &str) -> MethodError {
    MethodError::invalid(format!(
        "{field} is not available on this gateway; leave it out"
    ))
}

/// The names that a type reads, where it tells them.
pub(super) fn names_read<P: DeserializeOwned>() -> Option<&'static [&'static str]> {
    let mut names = None;
    // It is asked what it wants and given nothing, so that it becomes nothing either.
    let _nothing = P::deserialize(Asked { names: &mut names });
    names
}

struct Asked<'a> {
    names: &'a mut Option<&'static [&'static str]>,
}

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = de::value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.names = Some(fields);
        self.deserialize_any(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(de::Error::custom("only its names are asked for"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::super::shape;
    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only its names are asked for")]
    struct Reads {
        session_key: String,
        #[serde(rename = "limit")]
        most: Option<u32>,
    }

    #[test]
    fn what_is_published_and_not_read_is_refused_by_its_name() {
        let refused = |sent: Value| {
            let shape = shape::of("chat.history").unwrap();
            let sent = sent.as_object().unwrap().clone();
            let refused = refuse::<Reads>("chat.history", |name| shape.names(name), &sent);
            refused.err().map(|error| error.message)
        };
        for well in [
            json!({"sessionKey": "a", "limit": 3}),
            json!({"sessionKey": "a", "maxChars": 3}),
            json!({"sessionKey": "a", "pendingBefore": null}),
            json!({"sessionKey": "a", "unheardOf": 1}),
        ] {
            assert_eq!(refused(well.clone()), None, "{well}");
        }
        let words = refused(json!({"sessionKey": "a", "pendingBefore": 3})).unwrap();
        assert!(
            words.starts_with("pendingBefore is not available"),
            "{words}"
        );
    }

    #[test]
    fn what_is_passed_over_is_published() {
        for (method, names) in PASSED_OVER {
            let shape = shape::of(method).unwrap_or_else(|| panic!("{method}"));
            for name in *names {
                assert!(shape.names(name), "{method} {name}");
            }
        }
    }
}

//! A line of the log file, in OpenClaw's layout, so that its command line shows it as its own: what is said in `0`,
//! the fields beside it in `1`, the level in `_meta`.

use std::fmt;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// The format. Spans have to keep their fields as JSON.
pub(super) struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        let metadata = event.metadata();
        let from = json!({ "subsystem": metadata.target() }).to_string();
        let mut line = json!({
            "time": now(),
            "_meta": {"logLevelName": metadata.level().as_str(), "name": from},
            "0": said.words,
        });
        if !said.fields.is_empty() {
            line["1"] = Value::Object(said.fields);
        }
        if let Some(span) = context.lookup_current() {
            let kept = span.extensions();
            let fields = kept.get::<FormattedFields<N>>();
            let fields = fields.and_then(|fields| serde_json::from_str(fields).ok());
            let mut shown: Map<String, Value> = fields.unwrap_or_default();
            shown.insert("name".into(), json!(span.name()));
            line["span"] = Value::Object(shown);
        }
        writeln!(writer, "{line}")
    }
}

/// In UTC, with microseconds.
fn now() -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

/// What an event says.
#[derive(Default)]
struct Said {
    words: String,
    fields: Map<String, Value>,
}

impl Said {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(words)) => self.words = words,
            (name, value) => {
                self.fields.insert(name.to_owned(), value);
            }
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt;
    use tracing_subscriber::fmt::format::JsonFields;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_its_words_its_fields_and_where_it_comes_from() {
        let kept = Kept::default();
        let writer = kept.clone();
        let layer = fmt::layer()
            .event_format(Lines)
            .fmt_fields(JsonFields::new())
            .with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let _span = tracing::info_span!("request", method = "health").entered();
            tracing::warn!(attempt = 3, error = %"no\nanswer", "a run {}", "failed");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["0"], "a run failed");
        assert_eq!(line["1"], json!({"attempt": 3, "error": "no\nanswer"}));
        assert_eq!(line["_meta"]["logLevelName"], "WARN");
        assert_eq!(line["span"], json!({"name": "request", "method": "health"}));
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{text}");
    }
}

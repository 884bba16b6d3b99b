//! Credentials that tools use and models never see: a call names one as `{{cred:NAME}}`, and the value is put in
//! where the call leaves this process, after it was governed and recorded. What comes back passes a redactor.
//!
//! Keeping, checking and recording are the owner's, behind [`Credentials`] and [`Redact`].

use std::{borrow::Cow, sync::Arc};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_policy::decide::KnownCredential;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    message::Content,
    tools::{CallContext, ToolError, ToolOutput},
};

/// How a reference begins, and ends.
pub const BEGIN: &str = "{{cred:";
pub const END: &str = "}}";

/// What a model gets in the place of an image.
const WITHHELD: &str = "the image is withheld: the value of a credential is written in the file, or its data cannot \
                        be looked through for one";

/// Whether a text refers to a credential.
pub fn has_reference(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Where a value is going to go.
pub struct CredentialUse<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// Whom the tool itself sends it to.
    pub url: Option<&'a Url>,
    pub agent_id: &'a str,
    pub session_key: &'a str,
    pub run_id: &'a str,
    pub tool_call_id: &'a str,
}

impl<'a> CredentialUse<'a> {
    pub(crate) fn of(tool: &'a str, url: Option<&'a Url>, call: &'a CallContext) -> Self {
        Self {
            tool,
            url,
            agent_id: &call.agent_id,
            session_key: &call.session_key,
            run_id: &call.run_id,
            tool_call_id: &call.tool_call_id,
        }
    }
}

/// Gives values for references.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The values of all credentials that the texts refer to, for one use. All of them are given, or none.
    ///
    /// # Errors
    /// A sentence for the model: which one is not bound there, has expired, is used up or is not known.
    async fn take(&self, texts: &[&str], usage: &CredentialUse<'_>) -> Result<Values, String>;

    /// Whether [`Self::take`] would give them now, without a use: before a person is asked about the call.
    ///
    /// # Errors
    /// As [`Self::take`].
    async fn check(&self, _texts: &[&str], _usage: &CredentialUse<'_>) -> Result<(), String> {
        Ok(())
    }

    /// What is known of those of these names that there are, as they stand to such a use. Nothing is used.
    ///
    /// # Errors
    /// A sentence for the model: they cannot be looked at now.
    async fn known(
        &self,
        _names: &[String],
        _usage: &CredentialUse<'_>,
    ) -> Result<Vec<KnownCredential>, String> {
        Ok(Vec::new())
    }

    /// As [`Self::take`], with the values before a rotation that are still in their grace: for a host that does not
    /// know the new ones yet. None where there is no such value.
    async fn take_former(
        &self,
        _texts: &[&str],
        _usage: &CredentialUse<'_>,
    ) -> Result<Option<Values>, String> {
        Ok(None)
    }
}

/// Takes secrets out of what tools bring back.
pub trait Redact: Send + Sync {
    fn text<'a>(&self, text: &'a str) -> Cow<'a, str>;
    fn stream(&self) -> Box<dyn RedactStream>;
}

/// As [`Redact`], for what comes in chunks.
pub trait RedactStream: Send {
    /// Adds to `out` what is decided.
    fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>);
    /// Adds what was held back.
    fn finish(&mut self, out: &mut Vec<u8>);
}

/// Values by the name of their credential. Wiped when they are dropped.
#[derive(Clone, Default)]
pub struct Values(Arc<Vec<(String, Zeroizing<String>)>>);

impl Values {
    pub fn new(values: Vec<(String, Zeroizing<String>)>) -> Self {
        Self(Arc::new(values))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text with its references replaced. A value that looks like a reference is not read again.
    pub fn fill(&self, text: &str) -> Zeroizing<String> {
        self.fill_with(text, Cow::Borrowed)
    }

    /// As [`Self::fill`], with each value written in some way.
    pub fn fill_with<'v>(
        &'v self,
        text: &str,
        written: impl Fn(&'v str) -> Cow<'v, str>,
    ) -> Zeroizing<String> {
        let values = self.0.iter().map(|(_, value)| value.len() * 3);
        let most = text.len() + text.matches(BEGIN).count() * values.max().unwrap_or(0);
        let mut filled = Zeroizing::new(String::with_capacity(most));
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(BEGIN) {
            filled.push_str(before);
            let named = after.split_once(END).and_then(|(name, after)| {
                let known = self.0.iter().find(|(known, _)| known == name);
                known.map(|(_, value)| (value, after))
            });
            match named {
                Some((value, after)) => {
                    filled.push_str(&written(value));
                    rest = after;
                }
                None => {
                    filled.push_str(BEGIN);
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }
}

/// What an engine's tools have of both.
#[derive(Clone)]
pub struct Secrets {
    pub credentials: Arc<dyn Credentials>,
    pub redactor: Arc<dyn Redact>,
}

impl Secrets {
    /// No credentials, and nothing to take out.
    pub fn none() -> Self {
        Self {
            credentials: Arc::new(NoCredentials),
            redactor: Arc::new(NothingSecret),
        }
    }

    /// The values for a call; nothing is asked for where there is no reference.
    pub(crate) async fn values(
        &self,
        texts: &[&str],
        usage: &CredentialUse<'_>,
    ) -> Result<Values, ToolError> {
        let texts = with_references(texts);
        if texts.is_empty() {
            return Ok(Values::default());
        }
        let taken = self.credentials.take(&texts, usage).await;
        taken.map_err(ToolError::Failed)
    }

    /// The values before a rotation, for a host that refused those in force; none where there are no others.
    pub(crate) async fn former_values(
        &self,
        texts: &[&str],
        usage: &CredentialUse<'_>,
    ) -> Result<Option<Values>, ToolError> {
        let texts = with_references(texts);
        if texts.is_empty() {
            return Ok(None);
        }
        let taken = self.credentials.take_former(&texts, usage).await;
        taken.map_err(ToolError::Failed)
    }

    /// An output without secrets.
    pub(crate) fn clean(&self, mut output: ToolOutput) -> ToolOutput {
        for content in &mut output.content {
            match content {
                Content::Text { text, .. } => self.clean_text(text),
                Content::Image { data, .. } if !self.may_be_seen(data) => {
                    *content = Content::text(WITHHELD);
                    output.is_error = true;
                }
                _ => {}
            }
        }
        if let Some(details) = &mut output.details {
            self.clean_value(details);
        }
        output
    }

    /// Whether there is no secret in the bytes of an image. With one cut out of it, it would be no image.
    fn may_be_seen(&self, data: &str) -> bool {
        let Ok(bytes) = STANDARD.decode(data) else {
            return false;
        };
        let mut clean = Vec::with_capacity(bytes.len());
        let mut stream = self.redactor.stream();
        stream.push(&bytes, &mut clean);
        stream.finish(&mut clean);
        clean == bytes
    }

    fn clean_text(&self, text: &mut String) {
        if let Cow::Owned(clean) = self.redactor.text(text) {
            *text = clean;
        }
    }

    fn clean_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.clean_text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean_value(item)),
            Value::Object(fields) => {
                let taken = std::mem::take(fields);
                for (mut name, mut field) in taken {
                    self.clean_text(&mut name);
                    self.clean_value(&mut field);
                    fields.insert(name, field);
                }
            }
            _ => {}
        }
    }
}

/// Those of the texts that refer to a credential.
pub fn with_references<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let texts = texts.iter().copied();
    texts.filter(|text| has_reference(text)).collect()
}

struct NoCredentials;

#[async_trait]
impl Credentials for NoCredentials {
    async fn take(&self, _texts: &[&str], _usage: &CredentialUse<'_>) -> Result<Values, String> {
        Err("there are no credentials here".to_owned())
    }
}

struct NothingSecret;

impl Redact for NothingSecret {
    fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(text)
    }

    fn stream(&self) -> Box<dyn RedactStream> {
        Box::new(Self)
    }
}

impl RedactStream for NothingSecret {
    fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(chunk);
    }

    fn finish(&mut self, _out: &mut Vec<u8>) {}
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// One credential, whose value every redaction knows. Bound to a tool and, where it has one, a host.
    pub(crate) struct One {
        pub(crate) name: &'static str,
        pub(crate) value: &'static str,
        pub(crate) tool: &'static str,
        pub(crate) host: Option<&'static str>,
    }

    #[async_trait]
    impl Credentials for One {
        async fn take(&self, texts: &[&str], usage: &CredentialUse<'_>) -> Result<Values, String> {
            let reference = format!("{BEGIN}{}{END}", self.name);
            if texts.iter().any(|text| !text.contains(&reference)) {
                return Err("there is no such credential".into());
            }
            let host = usage.url.and_then(Url::host_str);
            if usage.tool != self.tool || host != self.host {
                return Err(format!("the credential {} is not bound there", self.name));
            }
            let value = Zeroizing::new(self.value.to_owned());
            Ok(Values::new(vec![(self.name.to_owned(), value)]))
        }
    }

    struct Whole {
        value: &'static str,
        held: Vec<u8>,
    }

    impl RedactStream for Whole {
        fn push(&mut self, chunk: &[u8], _out: &mut Vec<u8>) {
            self.held.extend_from_slice(chunk);
        }

        fn finish(&mut self, out: &mut Vec<u8>) {
            let held = std::mem::take(&mut self.held);
            // What is no text stays as it is where there is nothing to take out.
            match String::from_utf8_lossy(&held) {
                text if text.contains(self.value) => {
                    out.extend_from_slice(text.replace(self.value, "[redacted]").as_bytes());
                }
                _ => out.extend_from_slice(&held),
            }
        }
    }

    impl Redact for One {
        fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
            if text.contains(self.value) {
                return Cow::Owned(text.replace(self.value, "[redacted]"));
            }
            Cow::Borrowed(text)
        }

        fn stream(&self) -> Box<dyn RedactStream> {
            Box::new(Whole {
                value: self.value,
                held: Vec::new(),
            })
        }
    }

    impl One {
        pub(crate) fn secrets(self) -> Secrets {
            let one = Arc::new(self);
            Secrets {
                credentials: one.clone(),
                redactor: one,
            }
        }
    }

    #[test]
    fn references_are_replaced_once_and_by_their_own_value() {
        let value = |text: &str| Zeroizing::new(text.to_owned());
        let values = Values::new(vec![
            ("a".into(), value("{{cred:b}}")),
            ("b".into(), value("beta")),
        ]);
        let filled = values.fill("x {{cred:a}}{{cred:b}} {{cred:c}} y");
        assert_eq!(*filled, "x {{cred:b}}beta {{cred:c}} y");
        assert_eq!(*values.fill("plain"), "plain");
    }

    #[test]
    fn an_output_is_cleaned_in_all_its_parts() {
        let secrets = One {
            name: "a",
            value: "the-value",
            tool: "exec",
            host: None,
        }
        .secrets();
        let output = ToolOutput::text("it is the-value").with_details(serde_json::json!({
            "deep": [{"x the-value": "the-value!"}],
        }));
        let clean = secrets.clean(output);
        assert_eq!(clean.plain(), "it is [redacted]");
        assert!(!clean.details.unwrap().to_string().contains("the-value"));
    }

    #[test]
    fn an_image_with_a_value_in_its_bytes_is_withheld_and_another_one_is_not() {
        let secrets = One {
            name: "a",
            value: "the-value",
            tool: "exec",
            host: None,
        }
        .secrets();
        let picture = |bytes: &[u8]| {
            let mut output = ToolOutput::text("Read image file [image/png]");
            output.content.push(Content::Image {
                data: STANDARD.encode(bytes),
                mime_type: "image/png".to_owned(),
            });
            secrets.clean(output)
        };
        let plain = picture(b"\x89PNG\r\n\x1a\n\xff\xfe pixels");
        assert!(matches!(plain.content[1], Content::Image { .. }) && !plain.is_error);
        let written = picture(b"\x89PNG\xffthe-value\xff");
        let told = written.plain();
        assert!(told.contains("withheld") && written.is_error, "{told}");
    }
}

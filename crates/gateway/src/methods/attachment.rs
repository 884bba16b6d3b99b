//! Files that go with a message. A model is sent them with every later turn, so that each is whole before it is kept.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode::Indifferent;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use gatehouse_agent::message::Content;
use serde::{Deserialize, Serialize};

use crate::router::MethodError;

/// Some leave the padding out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(Indifferent),
);

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::methods) struct Attachment {
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    file_name: Option<String>,
    /// Base64, or a data URL (RFC 2397) with it.
    #[serde(default)]
    content: Option<String>,
}

/// An image as a message holds it; a file that is none, or whose content is damaged, is refused.
pub(super) fn image(file: Attachment) -> Result<Content, MethodError> {
    let name = file.file_name.unwrap_or_else(|| "an attachment".to_owned());
    let invalid = |why: &str| MethodError::invalid(format!("{name}{why}"));
    let text = file.content.ok_or_else(|| invalid(" has no content"))?;
    let (said, data) = data_url(text.trim()).unwrap_or((None, text.trim()));
    let mime_type = file.mime_type.filter(|kind| !kind.is_empty());
    let mime_type = mime_type.or(said.map(str::to_owned)).unwrap_or_default();
    if !mime_type.starts_with("image/") {
        return Err(invalid(" is no image; this gateway takes images alone"));
    }
    let bytes = LENIENT.decode(data).ok().filter(|bytes| !bytes.is_empty());
    let bytes = bytes.ok_or_else(|| {
        MethodError::invalid(format!("attachment {name}: invalid base64 content"))
    })?;
    Ok(Content::Image {
        data: STANDARD.encode(bytes),
        mime_type,
    })
}

/// The type that a data URL names, and its base64.
fn data_url(text: &str) -> Option<(Option<&str>, &str)> {
    let (head, data) = text.strip_prefix("data:")?.split_once(',')?;
    let kind = head.strip_suffix(";base64")?.split(';').next();
    Some((kind.filter(|kind| !kind.is_empty()), data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mime_type: Option<&str>, content: &str) -> Result<(String, String), String> {
        let file = Attachment {
            mime_type: mime_type.map(str::to_owned),
            content: Some(content.to_owned()),
            ..Attachment::default()
        };
        match image(file) {
            Ok(Content::Image { data, mime_type }) => Ok((mime_type, data)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn what_is_kept_is_plain_base64_however_it_came() {
        for (mime_type, content) in [
            (Some("image/png"), "iVBORw=="),
            (Some("image/png"), "iVBORw"),
            (Some("image/png"), " iVBORw==\n"),
            (Some("image/png"), "data:image/png;base64,iVBORw=="),
            (Some("image/png"), "data:image/png;name=a.png;base64,iVBORw"),
            (None, "data:image/png;base64,iVBORw=="),
            (Some(""), "data:image/png;base64,iVBORw=="),
        ] {
            let kept = read(mime_type, content).unwrap();
            assert_eq!(kept, ("image/png".into(), "iVBORw==".into()), "{content}");
        }
    }

    #[test]
    fn what_is_damaged_or_no_image_is_refused() {
        for content in [
            "notbase64!!",
            "",
            "data:image/png,iVBORw==",
            "data:image/png;base64,",
            "data:image/png;base64,data:image/png;base64,iVBORw==",
        ] {
            let refused = read(Some("image/png"), content).unwrap_err();
            assert_eq!(
                refused, "attachment an attachment: invalid base64 content",
                "{content}"
            );
        }
        for (mime_type, content) in [
            (Some("application/pdf"), "iVBORw=="),
            (None, "data:application/pdf;base64,iVBORw=="),
            (None, "iVBORw=="),
        ] {
            let refused = read(mime_type, content).unwrap_err();
            assert!(refused.contains("is no image"), "{content}: {refused}");
        }
    }
}

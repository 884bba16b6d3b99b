//! Links of our own scheme, as another program or a web page hands them to the app.
//!
//! `gatehouse://add?url=…` and `gatehouse://approval/<gateway>/<id>`. Anyone can write one, so following a link only
//! ever opens a place: it connects to nothing, keeps nothing and decides nothing, and what else it says is ignored.

use url::Url;

use crate::paste::decode;

/// The scheme that the app is registered for.
pub const SCHEME: &str = "gatehouse";

/// Longer than any link that is meant; a gateway's id of a request has no bound of its own.
const LONGEST: usize = 16 * 1024;

/// What a link asks to be shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DeepLink {
    /// Read further as a pasted text is: it may hold a secret, which has its place there.
    Add,
    /// `gateway` is our id of it or its name; `id` is the gateway's id of the request.
    Approval { gateway: String, id: String },
}

/// Reads a link; none where it is not one of ours.
pub(crate) fn read(text: &str) -> Option<DeepLink> {
    if text.len() > LONGEST {
        return None;
    }
    let url = Url::parse(text.trim()).ok()?;
    if url.scheme() != SCHEME {
        return None;
    }
    match url.host_str()? {
        "add" | "gateway" => Some(DeepLink::Add),
        "approval" => approval(&url),
        _ => None,
    }
}

fn approval(url: &Url) -> Option<DeepLink> {
    let mut parts = url.path_segments()?;
    let (gateway, id) = (decode(parts.next()?), decode(parts.next()?));
    let rest: Vec<_> = parts.collect();
    let whole = matches!(rest.as_slice(), [] | [""]);
    let named = !gateway.is_empty() && !id.is_empty();
    (whole && named).then_some(DeepLink::Approval { gateway, id })
}

/// The first of a program's arguments that is a link of ours.
///
/// Desktops pass a link as an argument. Tauri's plugin for this is not used: it tells every page of each link, and a
/// link may hold a token, which no page is to see.
pub fn among(arguments: impl IntoIterator<Item = String>) -> Option<String> {
    let is_ours = |argument: &String| {
        let scheme = argument.split(':').next().unwrap_or_default();
        argument.contains(':') && scheme.eq_ignore_ascii_case(SCHEME)
    };
    arguments.into_iter().find(is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approval(gateway: &str, id: &str) -> Option<DeepLink> {
        Some(DeepLink::Approval {
            gateway: gateway.into(),
            id: id.into(),
        })
    }

    #[test]
    fn a_link_opens_add_gateway_or_a_request() {
        assert_eq!(
            read("gatehouse://add?url=wss://a.example"),
            Some(DeepLink::Add)
        );
        assert_eq!(read("gatehouse://add/?url=x"), Some(DeepLink::Add));
        assert_eq!(
            read("GATEHOUSE://approval/home/83781874"),
            approval("home", "83781874")
        );
        assert_eq!(
            read("gatehouse://approval/My%20lab/a%2Fb/"),
            approval("My lab", "a/b")
        );
    }

    #[test]
    fn what_a_link_to_a_request_says_beside_its_name_is_ignored() {
        let link = "gatehouse://approval/home/1?decision=allow-once#allow";
        assert_eq!(read(link), approval("home", "1"));
    }

    #[test]
    fn a_link_that_is_not_one_of_ours_leads_nowhere() {
        let long = format!("gatehouse://approval/home/{}", "x".repeat(LONGEST));
        for hostile in [
            "",
            "gatehouse:",
            "gatehouse:add?url=wss://a.example",
            "gatehouse://",
            "gatehouse:///approval/home/1",
            "gatehouse://approval/home",
            "gatehouse://approval//1",
            "gatehouse://approval/home/1/allow",
            "gatehouse://approval/../decide/home/1",
            "gatehouse://decide/home/1",
            "gatehouse://user@decide/approval/home/1",
            "openclaw://approval/home/1",
            "https://approval/home/1",
            "javascript:gatehouse://approval/home/1",
            "--background",
            &long,
        ] {
            assert_eq!(read(hostile), None, "{hostile:.60}");
        }
    }

    #[test]
    fn a_link_is_found_among_arguments_and_nothing_else_is_taken_for_one() {
        let arguments = |all: &[&str]| among(all.iter().map(|a| (*a).to_owned()));
        let link = "gatehouse://add?url=x";
        assert_eq!(
            arguments(&["gatehouse-desktop", link]).as_deref(),
            Some(link)
        );
        assert_eq!(
            arguments(&["/opt/gatehouse", "--background", "gatehouse"]),
            None
        );
        assert_eq!(arguments(&["app", "https://gatehouse://add"]), None);
    }

    proptest::proptest! {
        #[test]
        fn no_link_makes_the_reader_panic(text in "(gatehouse://)?\\PC{0,80}") {
            let _ = read(&text);
        }
    }
}

//! What a session's key means. The full form is `agent:<agent>:<rest>`; clients may leave the agent out. As published,
//! a key is the same however it is cased, but for the names that a channel gives its rooms where case tells them apart.

/// The published limit of a key, in characters.
pub const KEY_LENGTH: usize = 512;

/// A session's full name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionName {
    pub key: String,
    pub agent: String,
}

impl SessionName {
    /// Reads what a client wrote. `main` is the main session of the agent named, or of the default one.
    pub fn new(key: &str, agent: Option<&str>, default_agent: &str) -> Self {
        let key = key.trim();
        let (agent, rest) = agent_of(key).unwrap_or((agent.map_or(default_agent, str::trim), key));
        let agent = agent.to_lowercase();
        let is_main = rest.is_empty() || rest.eq_ignore_ascii_case("main");
        let rest = if is_main {
            "main".to_owned()
        } else {
            folded(rest)
        };
        Self {
            key: format!("agent:{agent}:{rest}"),
            agent,
        }
    }

    /// What comes after the agent.
    pub fn rest(&self) -> &str {
        self.key.splitn(3, ':').nth(2).unwrap_or_default()
    }

    /// Whether its rest can stand in a list: short enough, and with nothing in it that cannot be seen.
    pub fn is_sound(&self) -> bool {
        let rest = self.rest();
        rest.chars().count() <= KEY_LENGTH && gatehouse_protocol::untrusted::is_plain(rest)
    }

    /// The channel that its words come from; none for one that another session began, or that was
    /// forked from one: it says what that one heard.
    pub fn channel(&self) -> Option<&str> {
        let mut parts = self.rest().split(':');
        let first = parts.next().unwrap_or_default();
        match (first, parts.next()) {
            ("subagent" | "fork", _) => None,
            // `telegram:group:-1`, `slack:channel:C1`, `cron:nightly`.
            (channel, Some(_)) => Some(channel),
            // A window, a terminal, a browser.
            (_, None) => Some("webchat"),
        }
    }

    pub fn is_main(&self) -> bool {
        self.rest() == "main"
    }

    /// The published kinds.
    pub fn kind(&self) -> &'static str {
        match self.rest() {
            "global" => "global",
            rest if rest.contains(":group:") || rest.contains(":channel:") => "group",
            _ => "direct",
        }
    }

    /// What a list groups by.
    pub fn classification(&self) -> &'static str {
        match self.rest() {
            "main" => "main",
            rest if rest.starts_with("subagent:") => "subagent",
            rest if rest.starts_with("cron:") => "cron",
            rest if rest.starts_with("hook:") => "hook",
            _ => "chat",
        }
    }
}

/// Where a channel's own name of a room begins, and whether only the part up to the next colon is that.
const ROOMS: &[(&str, bool)] = &[
    ("signal:group:", true),
    ("matrix:channel:", false),
    ("matrix:group:", false),
];

/// In lower case, but for a room's own name.
fn folded(rest: &str) -> String {
    let begins = |room: &str| {
        let begin = rest.get(..room.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(room))
    };
    let Some((room, is_segment)) = ROOMS.iter().find(|(room, _)| begins(room)) else {
        return rest.to_lowercase();
    };
    let own = &rest[room.len()..];
    let end = own.find(':').filter(|_| *is_segment).unwrap_or(own.len());
    let (own, after) = own.split_at(end);
    format!("{room}{own}{}", after.to_lowercase())
}

/// The agent that a full key names, and what comes after it.
fn agent_of(key: &str) -> Option<(&str, &str)> {
    let mut parts = key.splitn(3, ':');
    let (Some(word), Some(agent), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let is_full = word.eq_ignore_ascii_case("agent") && is_agent_id(agent) && !rest.is_empty();
    is_full.then_some((agent, rest))
}

/// The agent that a key names where it is another than the one that was named beside it: whichever of them held,
/// somebody would be surprised.
pub fn other_agent<'a>(key: &'a str, agent: &str) -> Option<&'a str> {
    let (named, _) = agent_of(key.trim())?;
    (!named.eq_ignore_ascii_case(agent.trim())).then_some(named)
}

/// The published rule: letters, digits, `-` and `_`, beginning with a letter or digit, 64 at most.
pub fn is_agent_id(id: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begins = id.starts_with(|c: char| c.is_ascii_alphanumeric());
    begins && id.len() <= 64 && id.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_completed_with_the_agent_that_it_leaves_out() {
        for (key, agent, wanted) in [
            ("main", None, "agent:main:main"),
            ("", None, "agent:main:main"),
            ("main", Some("ops"), "agent:ops:main"),
            ("agent:ops:main", None, "agent:ops:main"),
            ("agent:ops:main", Some("other"), "agent:ops:main"),
            ("build", None, "agent:main:build"),
            ("agent:", None, "agent:main:agent:"),
            ("agent:a/b:c", None, "agent:main:agent:a/b:c"),
            ("agent:ops:a:b:c", None, "agent:ops:a:b:c"),
            ("agent:Ops:q", None, "agent:ops:q"),
            ("AGENT:Ops:Main", None, "agent:ops:main"),
            ("MAIN", Some("Ops"), "agent:ops:main"),
            ("agent:main:Foo", None, "agent:main:foo"),
            ("K1", None, "agent:main:k1"),
            (
                "agent:ops:slack:channel:C1",
                None,
                "agent:ops:slack:channel:c1",
            ),
            (
                "Signal:group:aBc:Thread:X",
                None,
                "agent:main:signal:group:aBc:thread:x",
            ),
            (
                "matrix:channel:!AbC:Example.org",
                None,
                "agent:main:matrix:channel:!AbC:Example.org",
            ),
        ] {
            let name = SessionName::new(key, agent, "main");
            assert_eq!(name.key, wanted, "{key:?} {agent:?}");
            assert_eq!(SessionName::new(&name.key, None, "x"), name, "it is full");
        }
    }

    #[test]
    fn a_key_and_an_agent_beside_it_may_contradict_each_other() {
        for (key, agent, other) in [
            ("agent:ops:main", "main", Some("ops")),
            ("agent:ops:main", " OPS ", None),
            ("main", "ops", None),
            ("slack:channel:C1", "ops", None),
        ] {
            assert_eq!(other_agent(key, agent), other, "{key} {agent}");
        }
    }

    #[test]
    fn a_key_is_short_and_shows_all_that_it_is_made_of() {
        let longest = "k".repeat(KEY_LENGTH);
        for (key, sound) in [
            ("main", true),
            ("slack:channel:C1", true),
            ("Grüße 🙂", true),
            (longest.as_str(), true),
            (&format!("{longest}k"), false),
            ("a\nb", false),
            ("a\u{202e}b", false),
            ("a\u{0}b", false),
        ] {
            assert_eq!(
                SessionName::new(key, None, "main").is_sound(),
                sound,
                "{key:?}"
            );
        }
    }

    #[test]
    fn a_key_tells_the_channel_of_its_session() {
        for (key, channel) in [
            ("main", Some("webchat")),
            ("build", Some("webchat")),
            ("telegram:group:-1", Some("telegram")),
            ("cron:nightly", Some("cron")),
            ("subagent:1", None),
            ("fork:1", None),
        ] {
            let name = SessionName::new(key, None, "main");
            assert_eq!(name.channel(), channel, "{key}");
        }
    }

    #[test]
    fn a_key_tells_what_kind_of_session_it_is() {
        for (key, kind, class) in [
            ("main", "direct", "main"),
            ("subagent:1", "direct", "subagent"),
            ("telegram:group:-1", "group", "chat"),
            ("global", "global", "chat"),
        ] {
            let name = SessionName::new(key, None, "main");
            assert_eq!((name.kind(), name.classification()), (kind, class), "{key}");
        }
    }
}

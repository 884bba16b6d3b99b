//! What a configuration may look like: one tree of names, from which mistakes are found (`check`), secrets are
//! hidden (`redact`), and the published schema is written (`schema`). The tree itself is in `sections`.

/// How a change of a value takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// While the gateway runs.
    Hot,
    /// With the next start.
    Restart,
}

impl Reload {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::Restart => "restart",
        }
    }
}

/// What a value may be.
#[derive(Debug)]
pub(crate) enum Shape {
    Object(&'static [Field]),
    /// A part of which only these names mean something here; others are kept as they are.
    Open(&'static [Field]),
    /// Names that a person chooses, all with the same shape.
    Map(&'static Shape),
    List(&'static Shape),
    Text,
    /// One of these.
    Choice(&'static [&'static str]),
    /// One of these, or an IP address.
    ChoiceOrAddress(&'static [&'static str]),
    /// An IP address or a network.
    Network,
    /// A text that means something.
    Word(&'static Word),
    Flag,
    /// A whole number in these bounds.
    Whole(u64, u64),
    Number,
    /// A number that is not below nothing.
    Amount,
    /// Never shown.
    Secret,
    /// Either of two.
    Either(&'static Shape, &'static Shape),
    /// A part that is kept as it is and means nothing here.
    Foreign,
}

/// A text of a kind of its own.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) fits: fn(&str) -> bool,
    /// In words, for a mistake.
    pub(crate) expected: &'static str,
}

/// One name in an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) reload: Reload,
    /// Whether an object without it is a mistake.
    pub(crate) needed: bool,
    /// One sentence for people.
    pub(crate) about: &'static str,
}

/// A field that takes effect while the gateway runs.
pub(super) const fn hot(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field {
        name,
        shape,
        reload: Reload::Hot,
        needed: false,
        about,
    }
}

/// The same, of a field that has to be there.
pub(super) const fn needed(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field {
        name,
        shape,
        reload: Reload::Hot,
        needed: true,
        about,
    }
}

/// A field that takes effect with the next start.
pub(super) const fn restart(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field {
        name,
        shape,
        reload: Reload::Restart,
        needed: false,
        about,
    }
}

impl Shape {
    /// The shape under one name or index.
    pub(crate) fn child(&self, name: &str) -> Option<(&Shape, Option<&'static Field>)> {
        match self {
            Self::Object(fields) | Self::Open(fields) => {
                let field = fields.iter().find(|field| field.name == name)?;
                Some((&field.shape, Some(field)))
            }
            Self::Map(inner) | Self::List(inner) => Some((inner, None)),
            Self::Either(a, b) => a.child(name).or_else(|| b.child(name)),
            _ => None,
        }
    }

    /// In words, for a mistake.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Object(_) | Self::Open(_) | Self::Map(_) => "an object".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Text | Self::Secret => "a text".to_owned(),
            Self::Choice(names) => format!("one of {}", quoted(names)),
            Self::ChoiceOrAddress(names) => format!("one of {} or an IP address", quoted(names)),
            Self::Network => "an IP address or a network such as 10.0.0.0/8".to_owned(),
            Self::Word(word) => word.expected.to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Whole(low, high) if *high == u64::MAX => format!("a whole number from {low}"),
            Self::Whole(low, high) => format!("a whole number from {low} to {high}"),
            Self::Number => "a number".to_owned(),
            Self::Amount => "a number from 0".to_owned(),
            Self::Either(a, b) => format!("{} or {}", a.expected(), b.expected()),
            Self::Foreign => "anything".to_owned(),
        }
    }
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}

//! HTML that anybody may have written: read piece by piece, so that a page which is made to keep a reader busy, or to
//! exhaust its stack, is left in the middle.

use std::{cell::RefCell, rc::Rc};

use htmd::Node;
use html5ever::{
    ParseOpts, parse_document,
    tendril::{StrTendril, TendrilSink},
    tokenizer::{
        BufferQueue, CharacterTokens, Tag, TagKind, TagToken, Token, TokenSink, TokenSinkResult,
        Tokenizer, TokenizerOpts, states::RawKind,
    },
};
use markup5ever_rcdom::{NodeData, RcDom};

use super::attributes::bounded;

/// Bytes that are read before it is looked at what they made. One piece can open that many tags at most, which neither
/// the time nor the memory of a reader minds.
const PIECE: usize = 8 * 1024;

/// How deep a tree may be that is walked by recursion. Pages that people write stay below 100.
const DEEPEST: usize = 160;

/// What a tree may hold; tags that nobody closed can multiply what a page says.
const MOST_NODES: usize = 100_000;

/// Whether nobody waits for the page any more.
pub(super) type GivenUp<'a> = &'a dyn Fn() -> bool;

/// The tree of a page. None for one that is too deep, too large, or that nobody waits for.
pub(super) fn tree(html: &str, given_up: GivenUp) -> Option<Rc<Node>> {
    let mut parser = parse_document(RcDom::default(), ParseOpts::default());
    for piece in pieces(&bounded(html)) {
        if given_up() {
            return None;
        }
        parser.process(StrTendril::from_slice(piece));
        if !is_walkable(&parser.tokenizer.sink.sink.document) {
            return None;
        }
    }
    let document = parser.finish().document;
    is_walkable(&document).then_some(document)
}

/// In pieces of about the same length, each of whole characters.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (piece, rest) = text.split_at(text.floor_char_boundary(PIECE));
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn is_walkable(document: &Rc<Node>) -> bool {
    let mut open = vec![(document.clone(), 0)];
    let mut seen = 0;
    while let Some((node, depth)) = open.pop() {
        seen += 1;
        if depth > DEEPEST || seen > MOST_NODES {
            return false;
        }
        let children = node.children.borrow();
        open.extend(children.iter().map(|child| (child.clone(), depth + 1)));
        if let NodeData::Element {
            template_contents, ..
        } = &node.data
        {
            let contents = template_contents.borrow();
            open.extend(contents.iter().map(|inner| (inner.clone(), depth + 1)));
        }
    }
    true
}

/// What a page says without a look at how its tags lie within each other.
#[derive(Default)]
pub(super) struct Words {
    pub(super) title: String,
    pub(super) text: String,
}

/// Reads a page as a row of tags and words. None when nobody waits for it.
pub(super) fn words(html: &str, given_up: GivenUp) -> Option<Words> {
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    for piece in pieces(&bounded(html)) {
        if given_up() {
            return None;
        }
        input.push_back(StrTendril::from_slice(piece));
        // It stops early only for scripts that are run, and none are.
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    Some(tokenizer.sink.words.into_inner())
}

/// Takes the words out of a row of tags.
#[derive(Default)]
struct Reader {
    words: RefCell<Words>,
    /// The element whose content is no text of the page.
    within: RefCell<Option<Within>>,
}

#[derive(Clone, PartialEq, Eq)]
enum Within {
    Title,
    /// The name of an element that is passed over.
    Unread(String),
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            CharacterTokens(text) => self.take(&text),
            TagToken(tag) => return self.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader {
    fn take(&self, text: &str) {
        let mut words = self.words.borrow_mut();
        match &*self.within.borrow() {
            None => words.text.push_str(text),
            Some(Within::Title) => words.title.push_str(text),
            Some(Within::Unread(_)) => {}
        }
    }

    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        if tag.kind == TagKind::EndTag {
            let ends = match &*self.within.borrow() {
                None => false,
                Some(Within::Title) => name == "title",
                Some(Within::Unread(unread)) => name == unread,
            };
            if ends {
                self.within.replace(None);
            }
        } else if let Some(kind) = raw(name) {
            let is_title = name == "title" && self.words.borrow().title.is_empty();
            self.within.replace(Some(if is_title {
                Within::Title
            } else {
                Within::Unread(name.to_owned())
            }));
            return TokenSinkResult::RawData(kind);
        }
        if !is_within_a_line(name) {
            self.words.borrow_mut().text.push('\n');
        }
        TokenSinkResult::Continue
    }
}

/// Elements in which no tags are; how they are read (HTML, section 13.2.6.4).
fn raw(name: &str) -> Option<RawKind> {
    match name {
        "title" => Some(RawKind::Rcdata),
        "script" => Some(RawKind::ScriptData),
        "style" | "noscript" | "iframe" | "noembed" | "noframes" | "xmp" => Some(RawKind::Rawtext),
        _ => None,
    }
}

fn is_within_a_line(name: &str) -> bool {
    const WITHIN: [&str; 20] = [
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s",
        "small", "span", "strong", "sub", "sup", "u",
    ];
    WITHIN.contains(&name)
}

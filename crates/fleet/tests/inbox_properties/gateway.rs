//! A model gateway: its records, its socket, and how it answers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gatehouse_fleet::inbox::{
    Effect, InboxEvent, Outcome, ReadBackAnswer, Request, Resolve, ResolveAnswer, Source, Trouble,
    Verdict, parse_key,
};
use gatehouse_fleet::view::{Decision, GatewayId, ItemKey, ItemKind};

pub(crate) struct Record {
    pub(crate) request: Request,
    pub(crate) ended: Option<Outcome>,
    /// The older gateway forgets what has ended.
    pub(crate) known: bool,
    /// Who has allowed it, of what takes several people.
    pub(crate) yes: BTreeSet<&'static str>,
}

impl Record {
    pub(crate) fn new(request: Request) -> Self {
        Self {
            request,
            ended: None,
            known: true,
            yes: BTreeSet::new(),
        }
    }
}

pub(crate) struct Gateway {
    pub(crate) id: GatewayId,
    /// Keeps ended records, tells of expiries (as a denial), survives a restart: protocol 4. Else protocol 3.
    pub(crate) durable: bool,
    pub(crate) records: BTreeMap<String, Record>,
    pub(crate) link: Option<u64>,
    pub(crate) socket: VecDeque<InboxEvent>,
    pub(crate) asked: Vec<Effect>,
    pub(crate) answers: Vec<InboxEvent>,
}

impl Gateway {
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Record> {
        self.records.values().filter(|r| r.ended.is_none())
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.socket.is_empty() && self.asked.is_empty() && self.answers.is_empty()
    }

    pub(crate) fn tell(&mut self, event: impl FnOnce(GatewayId, u64) -> InboxEvent) {
        if let Some(generation) = self.link {
            self.socket.push_back(event(self.id.clone(), generation));
        }
    }

    pub(crate) fn end(&mut self, id: &str, outcome: Outcome) {
        let durable = self.durable;
        let record = self.records.get_mut(id).expect("a known id");
        record.ended = Some(outcome.clone());
        record.known = durable;
        let told = match outcome.verdict {
            // As seen: the real gateway tells of an expiry as a denial, the older one not at all.
            Verdict::Expired if !durable => return,
            Verdict::Expired => Outcome {
                verdict: Verdict::Decided(Decision::Deny),
                ..outcome
            },
            _ => outcome,
        };
        let id = id.to_owned();
        self.tell(|gateway, generation| InboxEvent::Resolved {
            gateway,
            generation,
            kind: ItemKind::Exec,
            id,
            outcome: told,
        });
    }

    pub(crate) fn answer(&mut self, asked: &Effect, now: i64) -> InboxEvent {
        match asked {
            Effect::List {
                gateway,
                generation,
                kind,
                token,
            } => InboxEvent::Listed {
                gateway: gateway.clone(),
                generation: *generation,
                kind: *kind,
                token: *token,
                requests: Ok(self.pending().map(|r| r.request.clone()).collect()),
            },
            Effect::ReadBack { key, token, .. } => {
                let answer = self.read(key);
                InboxEvent::ReadBack {
                    key: key.clone(),
                    token: *token,
                    answer,
                }
            }
            Effect::Resolve(resolve) => {
                let answer = self.resolve(resolve, now);
                InboxEvent::ResolveAnswered {
                    key: resolve.key.clone(),
                    token: resolve.token,
                    answer,
                }
            }
            other => panic!("not asked of a gateway: {other:?}"),
        }
    }

    pub(crate) fn read(&self, key: &ItemKey) -> ReadBackAnswer {
        let (_, _, id) = parse_key(key).unwrap();
        match self.records.get(id) {
            Some(Record { ended: None, .. }) => ReadBackAnswer::Pending,
            Some(Record {
                ended: Some(outcome),
                known: true,
                ..
            }) => ReadBackAnswer::Ended(outcome.clone()),
            _ => ReadBackAnswer::Unknown,
        }
    }

    /// Counts a yes, and asks everybody once more with it. True where another person's is missing.
    pub(crate) fn counts(&mut self, id: &str, who: &'static str) -> bool {
        let record = self.records.get_mut(id).expect("a known id");
        let Some(people) = &mut record.request.content.people else {
            return false;
        };
        let is_new = record.yes.insert(who);
        people.allowed = u32::try_from(record.yes.len()).unwrap();
        if people.allowed >= people.needed {
            return false;
        }
        let request = record.request.clone();
        if is_new {
            self.tell(|gateway, generation| InboxEvent::Requested {
                gateway,
                generation,
                request,
            });
        }
        true
    }

    pub(crate) fn resolve(&mut self, resolve: &Resolve, now: i64) -> ResolveAnswer {
        let (_, _, id) = parse_key(&resolve.key).unwrap();
        let id = id.to_owned();
        let record = self
            .records
            .get(&id)
            .expect("only what was asked is decided");
        if let Some(outcome) = &record.ended {
            return match record.known {
                true => ResolveAnswer::Recorded(outcome.clone()),
                false => ResolveAnswer::Failed(Trouble::new("approvalNotFound")),
            };
        }
        if resolve.decision.allows() && self.counts(&id, "us") {
            return ResolveAnswer::Counted;
        }
        let verdict = Verdict::Decided(resolve.decision);
        let outcome = Outcome {
            verdict,
            by: Some("us".into()),
            by_this_app: Some(true),
            at: Some(now),
            source: Source::Record,
        };
        self.end(&id, outcome.clone());
        if self.durable {
            ResolveAnswer::Recorded(outcome)
        } else {
            ResolveAnswer::Accepted
        }
    }
}

//! What happens around the app: what gateways ask and end, and what becomes of frames, connections and processes.

use gatehouse_fleet::inbox::{
    Content, Effect, Inbox, InboxEvent, Outcome, People, ReadBackAnswer, Request, ResolveAnswer,
    Source, Trouble, Verdict,
};
use gatehouse_fleet::view::{Decision, ItemKey, ItemKind};

use super::{World, is_event};
use crate::gateway::Record;

impl World {
    pub(super) fn request(&mut self, g: usize, id: Option<String>) {
        self.ids += 1;
        let id = id.unwrap_or_else(|| format!("a{}", self.ids));
        // Gateways that know of several people answer with their record.
        let takes_two = self.gateways[g].durable && self.ids.is_multiple_of(3);
        let people = takes_two.then(|| People {
            needed: 2,
            ..People::default()
        });
        let content = Content {
            subject: format!("command {}", self.ids),
            offered: vec![Decision::AllowOnce, Decision::Deny],
            people,
            ..Content::default()
        };
        let request = Request {
            kind: ItemKind::Exec,
            id: id.clone(),
            created_at: self.now,
            expires_at: Some(self.now + 20_000),
            content,
        };
        let gateway = &mut self.gateways[g];
        gateway.records.insert(id, Record::new(request.clone()));
        gateway.tell(|gateway, generation| InboxEvent::Requested {
            gateway,
            generation,
            request,
        });
    }

    pub(super) fn request_again(&mut self, g: usize, n: usize) {
        let gateway = &self.gateways[g];
        let ended: Vec<_> = gateway
            .records
            .iter()
            .filter(|(_, r)| r.ended.is_some())
            .map(|(id, _)| id)
            .collect();
        if let Some(id) = ended.get(n).filter(|_| !gateway.durable) {
            self.request(g, Some((*id).clone()));
        }
    }

    pub(super) fn end_nth(&mut self, g: usize, n: usize, verdict: Verdict) {
        let now = self.now;
        let gateway = &mut self.gateways[g];
        let pending: Vec<String> = gateway.pending().map(|r| r.request.id.clone()).collect();
        if let Some(id) = pending.get(n) {
            let allows = matches!(verdict, Verdict::Decided(decision) if decision.allows());
            if allows && gateway.counts(id, "someone") {
                return;
            }
            let by = Some("someone".to_owned());
            gateway.end(
                id,
                Outcome {
                    verdict,
                    by,
                    by_this_app: Some(false),
                    at: Some(now),
                    source: Source::Record,
                },
            );
        }
    }

    pub(super) fn deliver(&mut self, g: usize) {
        if let Some(event) = self.gateways[g].socket.pop_front() {
            self.feed(event);
        }
    }

    /// Answers have a way of their own to the inbox, on which they overtake events and one another.
    pub(super) fn hear_answer(&mut self, g: usize, n: usize) {
        let gateway = &mut self.gateways[g];
        if n >= gateway.answers.len() {
            return;
        }
        let answer = gateway.answers.remove(n);
        if let InboxEvent::ResolveAnswered { key, .. } = &answer {
            let generation = gateway.link.unwrap_or(0);
            self.on_their_way.remove(&(key.clone(), generation));
        }
        self.feed(answer);
    }

    pub(super) fn swap(&mut self, g: usize) {
        let socket = &mut self.gateways[g].socket;
        if socket.len() >= 2 && is_event(&socket[0]) && is_event(&socket[1]) {
            socket.swap(0, 1);
        }
    }

    /// A slow reader loses an event, and the sequence tells that one is missing.
    pub(super) fn drop_frame(&mut self, g: usize) {
        let gateway = &mut self.gateways[g];
        let (Some(generation), Some(front)) = (gateway.link, gateway.socket.front()) else {
            return;
        };
        if is_event(front) {
            let gateway_id = gateway.id.clone();
            gateway.socket[0] = InboxEvent::Doubt {
                gateway: gateway_id,
                generation,
            };
        }
    }

    pub(super) fn serve(&mut self, g: usize, n: usize) {
        let now = self.now;
        let gateway = &mut self.gateways[g];
        if n < gateway.asked.len() {
            let asked = gateway.asked.remove(n);
            let answer = gateway.answer(&asked, now);
            gateway.answers.push(answer);
        }
    }

    /// No answer in time. The gateway may have acted on a resolve all the same.
    pub(super) fn fail(&mut self, g: usize, n: usize) {
        self.unanswered = true;
        let now = self.now;
        let gateway = &mut self.gateways[g];
        if n >= gateway.asked.len() {
            return;
        }
        let asked = gateway.asked.remove(n);
        let trouble = Trouble::new("timedOut");
        let answer = match asked {
            Effect::List {
                gateway,
                generation,
                kind,
                token,
            } => InboxEvent::Listed {
                gateway,
                generation,
                kind,
                token,
                requests: Err(trouble),
            },
            Effect::ReadBack { key, token, .. } => InboxEvent::ReadBack {
                key,
                token,
                answer: ReadBackAnswer::Failed,
            },
            Effect::Resolve(ref resolve) => {
                if n.is_multiple_of(2) {
                    gateway.answer(&asked, now);
                }
                let answer = ResolveAnswer::Failed(trouble);
                InboxEvent::ResolveAnswered {
                    key: resolve.key.clone(),
                    token: resolve.token,
                    answer,
                }
            }
            _ => return,
        };
        gateway.answers.push(answer);
    }

    /// `bits` choose which resolves still reached the gateway, and whether the app hears of the lost answers
    /// before or after it hears that the connection is gone.
    pub(super) fn disconnect(&mut self, g: usize, bits: u8) {
        let now = self.now;
        let gateway = &mut self.gateways[g];
        let Some(generation) = gateway.link.take() else {
            return;
        };
        gateway.socket.clear();
        let unread = std::mem::take(&mut gateway.answers);
        let asked = std::mem::take(&mut gateway.asked);
        let mut lost: Vec<(ItemKey, u64)> = unread.iter().filter_map(resolve_answer).collect();
        for (n, ask) in asked.iter().enumerate() {
            let Effect::Resolve(resolve) = ask else {
                continue;
            };
            if bits >> (n % 7) & 1 == 1 {
                gateway.answer(ask, now);
            }
            lost.push((resolve.key.clone(), resolve.token));
        }
        let id = gateway.id.clone();
        let down = InboxEvent::Down {
            gateway: id,
            generation,
        };
        let first = bits & 0x80 == 0;
        if first {
            self.feed(down.clone());
        }
        for (key, token) in lost {
            self.feed(InboxEvent::ResolveAnswered {
                key,
                token,
                answer: ResolveAnswer::Disconnected,
            });
        }
        if !first {
            self.feed(down);
        }
        self.on_their_way.retain(|(_, on)| *on != generation);
        self.clear_lost_answers(g);
    }

    /// Answers that were already in the socket when it closed are lost; the client tells so for resolves.
    pub(super) fn clear_lost_answers(&mut self, g: usize) {
        let id = self.gateways[g].id.clone();
        let stuck: Vec<_> = self
            .inbox
            .items()
            .filter(|i| i.gateway == id)
            .filter_map(|i| i.resolving.map(|token| (i.key(), token)))
            .collect();
        for (key, token) in stuck {
            self.feed(InboxEvent::ResolveAnswered {
                key,
                token,
                answer: ResolveAnswer::Disconnected,
            });
        }
    }

    pub(super) fn connect(&mut self, g: usize) {
        if self.gateways[g].link.is_some() {
            return;
        }
        self.generation += 1;
        let generation = self.generation;
        let gateway = &mut self.gateways[g];
        gateway.link = Some(generation);
        let up = InboxEvent::Up {
            gateway: gateway.id.clone(),
            generation,
            kinds: vec![ItemKind::Exec],
        };
        self.feed(up);
    }

    pub(super) fn restart_gateway(&mut self, g: usize) {
        self.disconnect(g, 0);
        let gateway = &mut self.gateways[g];
        if gateway.durable {
            return;
        }
        for record in gateway.records.values_mut().filter(|r| r.ended.is_none()) {
            record.ended = Some(Outcome {
                verdict: Verdict::Gone,
                by: None,
                by_this_app: None,
                at: None,
                source: Source::Record,
            });
            record.known = false;
        }
    }

    pub(super) fn restart_app(&mut self) {
        for g in 0..self.gateways.len() {
            let gateway = &mut self.gateways[g];
            let now = self.now;
            for ask in std::mem::take(&mut gateway.asked) {
                if matches!(ask, Effect::Resolve(_)) {
                    gateway.answer(&ask, now);
                }
            }
            gateway.link = None;
            gateway.socket.clear();
            gateway.answers.clear();
        }
        self.on_their_way.clear();
        self.inbox = Inbox::default();
        let through_the_store = self.store.values().map(|item| {
            let json = serde_json::to_string(item).unwrap();
            serde_json::from_str(&json).unwrap()
        });
        let items = through_the_store.collect();
        self.feed(InboxEvent::Restored { items });
    }
}

fn resolve_answer(event: &InboxEvent) -> Option<(ItemKey, u64)> {
    match event {
        InboxEvent::ResolveAnswered { key, token, .. } => Some((key.clone(), *token)),
        _ => None,
    }
}

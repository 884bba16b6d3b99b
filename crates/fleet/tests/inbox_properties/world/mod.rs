//! The app, and what happens around it: the steps of an interleaving and what must hold after each.

mod around;
mod checks;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gatehouse_fleet::inbox::{Choice, Effect, Inbox, InboxEvent, Item, Verdict, reduce};
use gatehouse_fleet::view::{Decision, GatewayId, ItemKey, Surface};

use crate::gateway::Gateway;

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Request(usize),
    RequestAgain(usize, usize),
    Elsewhere(usize, usize, bool),
    Expire(usize, usize),
    Deliver(usize),
    Swap(usize),
    Duplicate(usize),
    DropFrame(usize),
    Serve(usize, usize),
    Answer(usize, usize),
    Fail(usize, usize),
    Disconnect(usize, u8),
    Connect(usize),
    RestartGateway(usize),
    Decide(usize, u8),
    Tick(i64),
    RestartApp,
    /// The person has a rule from now on that allows everything, or denies it, or none.
    Rule(Option<bool>),
}

pub(crate) struct World {
    inbox: Inbox,
    gateways: Vec<Gateway>,
    store: BTreeMap<ItemKey, Item>,
    now: i64,
    generation: u64,
    ids: usize,
    /// Resolves sent and not answered, with their connection.
    on_their_way: BTreeSet<(ItemKey, u64)>,
    resolves: usize,
    accepted_choices: usize,
    rule: Option<Decision>,
    /// Requests on which a rule had its say or could have had, by key and time.
    arrived: BTreeSet<(ItemKey, i64)>,
    /// A question had no answer in time, so that only time will tell.
    unanswered: bool,
}

impl World {
    pub(crate) fn new(count: usize) -> Self {
        let gateway = |n: usize| Gateway {
            id: GatewayId(format!("g{n}")),
            durable: n.is_multiple_of(2),
            records: BTreeMap::new(),
            link: None,
            socket: VecDeque::new(),
            asked: Vec::new(),
            answers: Vec::new(),
        };
        Self {
            inbox: Inbox::default(),
            gateways: (0..count).map(gateway).collect(),
            store: BTreeMap::new(),
            now: 1_000_000,
            generation: 0,
            ids: 0,
            on_their_way: BTreeSet::new(),
            resolves: 0,
            accepted_choices: 0,
            rule: None,
            arrived: BTreeSet::new(),
            unanswered: false,
        }
    }

    pub(crate) fn apply(&mut self, op: Op) {
        self.now += 1;
        match op {
            Op::Request(g) => self.request(g, None),
            Op::RequestAgain(g, n) => self.request_again(g, n),
            Op::Elsewhere(g, n, yes) => {
                let decision = if yes {
                    Decision::AllowOnce
                } else {
                    Decision::Deny
                };
                self.end_nth(g, n, Verdict::Decided(decision));
            }
            Op::Expire(g, n) => self.end_nth(g, n, Verdict::Expired),
            Op::Deliver(g) => self.deliver(g),
            Op::Swap(g) => self.swap(g),
            Op::Duplicate(g) => {
                if let Some(front) = self.gateways[g]
                    .socket
                    .front()
                    .filter(|e| is_event(e))
                    .cloned()
                {
                    self.gateways[g].socket.push_back(front);
                }
            }
            Op::DropFrame(g) => self.drop_frame(g),
            Op::Serve(g, n) => self.serve(g, n),
            Op::Answer(g, n) => self.hear_answer(g, n),
            Op::Fail(g, n) => self.fail(g, n),
            Op::Disconnect(g, bits) => self.disconnect(g, bits),
            Op::Connect(g) => self.connect(g),
            Op::RestartGateway(g) => self.restart_gateway(g),
            Op::Decide(n, bits) => self.decide(n, bits),
            Op::Tick(by) => {
                self.now += by;
                self.feed(InboxEvent::Tick);
            }
            Op::RestartApp => self.restart_app(),
            Op::Rule(None) => self.rule = None,
            Op::Rule(Some(true)) => self.rule = Some(Decision::AllowOnce),
            Op::Rule(Some(false)) => self.rule = Some(Decision::Deny),
        }
    }

    fn decide(&mut self, n: usize, bits: u8) {
        let Some(item) = self.inbox.items().nth(n).cloned() else {
            return;
        };
        let decisions = [
            Decision::AllowOnce,
            Decision::Deny,
            Decision::AllowAlways,
            Decision::Approve,
        ];
        let decision = decisions[usize::from(bits & 3)];
        let stale = bits & 4 != 0 && bits & 8 != 0;
        let revision = if stale {
            item.revision.wrapping_sub(1)
        } else {
            item.revision
        };
        let key = item.key();
        let choice = Choice {
            key,
            decision,
            revision,
            surface: Surface::Window,
            answer: Vec::new(),
            terms: None,
        };
        let may = item.is_waiting() && !stale && item.offered().contains(&decision);
        let before = self.resolves;
        self.feed(InboxEvent::Decide(choice));
        if self.resolves > before {
            assert!(
                may,
                "a decision was sent that the person could not make: {item:?}"
            );
            self.accepted_choices += 1;
        }
        assert!(self.resolves <= before + 1, "one choice sends one decision");
    }

    /// A rule is asked about a request once, when it is heard of first; and what it says is sent.
    fn arrive(&mut self, key: ItemKey) {
        let item = self.inbox.item(&key).expect("what arrives is there");
        let first = self.arrived.insert((key.clone(), item.request.created_at));
        assert!(first, "a rule could answer it again: {item:?}");
        let Some(decision) = self.rule else { return };
        let choice = Choice {
            key,
            decision,
            revision: item.revision,
            surface: Surface::Rule,
            answer: Vec::new(),
            terms: None,
        };
        let before = self.resolves;
        self.feed(InboxEvent::Decide(choice));
        self.accepted_choices += self.resolves - before;
    }

    fn feed(&mut self, event: InboxEvent) {
        let ended = ended_items(&self.inbox);
        let is_decide = matches!(event, InboxEvent::Decide(_));
        let effects = reduce(&mut self.inbox, event, self.now);
        self.check_nothing_came_back(&ended);
        for effect in effects {
            self.run(effect, is_decide);
        }
        assert_eq!(
            self.resolves,
            self.accepted_choices + usize::from(is_decide && self.resolves > self.accepted_choices)
        );
        self.check_records();
    }

    fn run(&mut self, effect: Effect, is_decide: bool) {
        match effect {
            Effect::Persist(key) => {
                let item = self
                    .inbox
                    .item(&key)
                    .expect("only what is there is kept")
                    .clone();
                self.store.insert(key, item);
            }
            Effect::Forget(key) => {
                self.store.remove(&key);
            }
            Effect::Arrived(key) => self.arrive(key),
            Effect::Resolve(ref resolve) => {
                assert!(is_decide, "nothing but a person's choice sends a decision");
                self.resolves += 1;
                let new = self
                    .on_their_way
                    .insert((resolve.key.clone(), resolve.generation));
                assert!(new, "two decisions for one item were on their way at once");
                self.ask(&resolve.gateway.clone(), resolve.generation, effect);
            }
            Effect::List {
                ref gateway,
                generation,
                ..
            }
            | Effect::ReadBack {
                ref gateway,
                generation,
                ..
            } => {
                self.ask(&gateway.clone(), generation, effect);
            }
            _ => {}
        }
    }

    fn ask(&mut self, id: &GatewayId, generation: u64, effect: Effect) {
        let gateway = self
            .gateways
            .iter_mut()
            .find(|g| g.id == *id)
            .expect("a known gateway");
        if gateway.link == Some(generation) {
            gateway.asked.push(effect);
        } else {
            // The connection ended a moment ago and the inbox is about to hear of it.
            let sent = matches!(effect, Effect::Resolve(_));
            assert!(!sent, "sent over a connection that is gone: {effect:?}");
        }
    }
}

fn ended_items(inbox: &Inbox) -> BTreeMap<ItemKey, Item> {
    inbox
        .items()
        .filter(|i| !i.is_open())
        .map(|i| (i.key(), i.clone()))
        .collect()
}

fn is_event(event: &InboxEvent) -> bool {
    matches!(
        event,
        InboxEvent::Requested { .. } | InboxEvent::Resolved { .. }
    )
}

//! The app, and what happens around it: the steps of an interleaving and what must hold after each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::gateway::{Gateway, Record};
use gatehouse_fleet::inbox::{
    Choice, Content, Effect, Inbox, InboxEvent, Item, Outcome, People, Phase, ReadBackAnswer,
    Request, ResolveAnswer, Source, Trouble, Verdict, item_key, reduce,
};
use gatehouse_fleet::view::{Decision, GatewayId, ItemKey, ItemKind, Surface};

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

    fn request(&mut self, g: usize, id: Option<String>) {
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

    fn request_again(&mut self, g: usize, n: usize) {
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

    fn end_nth(&mut self, g: usize, n: usize, verdict: Verdict) {
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

    fn deliver(&mut self, g: usize) {
        if let Some(event) = self.gateways[g].socket.pop_front() {
            self.feed(event);
        }
    }

    /// Answers have a way of their own to the inbox, on which they overtake events and one another.
    fn hear_answer(&mut self, g: usize, n: usize) {
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

    fn swap(&mut self, g: usize) {
        let socket = &mut self.gateways[g].socket;
        if socket.len() >= 2 && is_event(&socket[0]) && is_event(&socket[1]) {
            socket.swap(0, 1);
        }
    }

    /// A slow reader loses an event, and the sequence tells that one is missing.
    fn drop_frame(&mut self, g: usize) {
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

    fn serve(&mut self, g: usize, n: usize) {
        let now = self.now;
        let gateway = &mut self.gateways[g];
        if n < gateway.asked.len() {
            let asked = gateway.asked.remove(n);
            let answer = gateway.answer(&asked, now);
            gateway.answers.push(answer);
        }
    }

    /// No answer in time. The gateway may have acted on a resolve all the same.
    fn fail(&mut self, g: usize, n: usize) {
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
    fn disconnect(&mut self, g: usize, bits: u8) {
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
    fn clear_lost_answers(&mut self, g: usize) {
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

    fn connect(&mut self, g: usize) {
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

    fn restart_gateway(&mut self, g: usize) {
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

    fn restart_app(&mut self) {
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

    fn check_nothing_came_back(&self, ended: &BTreeMap<ItemKey, Item>) {
        for (key, before) in ended {
            let Some(after) = self.inbox.item(key) else {
                continue;
            };
            let newer = after.request.created_at > before.request.created_at;
            let was_gone = matches!(&before.phase, Phase::Ended { outcome, .. } if outcome.verdict == Verdict::Gone);
            assert!(
                !after.is_open() || newer || was_gone,
                "came back to life: {before:?} as {after:?}"
            );
        }
    }

    /// What the inbox shows as recorded is what the gateway recorded, and what it shows as not recorded is not.
    fn check_records(&self) {
        for item in self.inbox.items() {
            let gateway = self.gateways.iter().find(|g| g.id == item.gateway);
            let gateway = gateway.unwrap();
            let record = &gateway.records[&item.request.id];
            if record.request.created_at != item.request.created_at {
                continue;
            }
            if is_not_recorded(item) {
                assert!(record.ended.is_none(), "offered again: {item:?}");
            }
            let Phase::Ended { outcome, recorded } = &item.phase else {
                continue;
            };
            let truth = record
                .ended
                .as_ref()
                .unwrap_or_else(|| panic!("ended here, pending there: {item:?}"));
            let told = matches!(outcome.verdict, Verdict::Decided(_));
            let must_match = *recorded && (gateway.durable || told);
            assert!(
                !must_match || outcome.verdict == truth.verdict,
                "{item:?} against {truth:?}"
            );
        }
    }

    pub(crate) fn come_to_rest(&mut self) {
        for g in 0..self.gateways.len() {
            self.connect(g);
        }
        for g in 0..self.gateways.len() {
            self.drain(g);
        }
        self.check_before_time_goes_by();
        for _ in 0..40 {
            self.now += 5_000;
            self.feed(InboxEvent::Tick);
            for g in 0..self.gateways.len() {
                self.drain(g);
            }
        }
    }

    /// All facts are in and no clock has helped: nothing waits here that has ended there.
    fn check_before_time_goes_by(&self) {
        if self.unanswered {
            return;
        }
        for item in self.inbox.items().filter(|i| i.is_waiting()) {
            let gateway = self.gateways.iter().find(|g| g.id == item.gateway).unwrap();
            let record = &gateway.records[&item.request.id];
            let is_untold =
                |outcome: &Outcome| !gateway.durable && outcome.verdict == Verdict::Expired;
            let waits = record.ended.as_ref().is_none_or(is_untold);
            assert!(waits, "came back to life: {item:?}, {:?}", record.ended);
        }
    }

    fn drain(&mut self, g: usize) {
        while !self.gateways[g].is_quiet() {
            self.serve(g, 0);
            self.apply(Op::Answer(g, 0));
            self.deliver(g);
        }
    }

    pub(crate) fn check_at_rest(&self) {
        for gateway in &self.gateways {
            for record in gateway.pending() {
                let key = item_key(&gateway.id, ItemKind::Exec, &record.request.id);
                let item = self
                    .inbox
                    .item(&key)
                    .unwrap_or_else(|| panic!("lost: {:?}", record.request));
                assert!(
                    item.is_waiting(),
                    "waits at its gateway, but here: {item:?}"
                );
                assert_eq!(item.request, record.request, "shown as it is asked");
            }
        }
        for item in self.inbox.items() {
            let gateway = self.gateways.iter().find(|g| g.id == item.gateway).unwrap();
            let record = &gateway.records[&item.request.id];
            assert_eq!(
                item.is_open(),
                record.ended.is_none(),
                "{item:?} against {:?}",
                record.ended
            );
            assert!(
                !matches!(item.phase, Phase::Deciding { .. }),
                "a decision hangs: {item:?}"
            );
        }
    }
}

/// Offered again because the gateway took a decision and did not record it.
fn is_not_recorded(item: &Item) -> bool {
    matches!(&item.phase, Phase::Waiting { problem: Some(problem) } if problem.code == "notRecorded")
}

fn is_event(event: &InboxEvent) -> bool {
    matches!(
        event,
        InboxEvent::Requested { .. } | InboxEvent::Resolved { .. }
    )
}

fn resolve_answer(event: &InboxEvent) -> Option<(ItemKey, u64)> {
    match event {
        InboxEvent::ResolveAnswered { key, token, .. } => Some((key.clone(), *token)),
        _ => None,
    }
}

fn ended_items(inbox: &Inbox) -> BTreeMap<ItemKey, Item> {
    inbox
        .items()
        .filter(|i| !i.is_open())
        .map(|i| (i.key(), i.clone()))
        .collect()
}

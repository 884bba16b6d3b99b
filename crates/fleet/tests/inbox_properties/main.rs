//! The two promises of the inbox, under random interleavings over several gateways.
//!
//! `world` is a small model of gateways, their sockets and the app. After every step it checks what must always
//! hold; when everything has come to rest it checks that nothing was lost.

#![allow(clippy::unwrap_used, reason = "a test")]

mod gateway;
mod world;

use proptest::prelude::*;
use world::{Op, World};

fn op() -> impl Strategy<Value = Op> {
    let gateway = 0usize..3;
    let nth = 0usize..8;
    prop_oneof![
        4 => gateway.clone().prop_map(Op::Request),
        1 => (gateway.clone(), nth.clone()).prop_map(|(g, n)| Op::RequestAgain(g, n)),
        2 => (gateway.clone(), nth.clone(), any::<bool>()).prop_map(|(g, n, yes)| Op::Elsewhere(g, n, yes)),
        1 => (gateway.clone(), nth.clone()).prop_map(|(g, n)| Op::Expire(g, n)),
        10 => gateway.clone().prop_map(Op::Deliver),
        1 => gateway.clone().prop_map(Op::Swap),
        1 => gateway.clone().prop_map(Op::Duplicate),
        1 => gateway.clone().prop_map(Op::DropFrame),
        8 => (gateway.clone(), nth.clone()).prop_map(|(g, n)| Op::Serve(g, n)),
        8 => (gateway.clone(), nth.clone()).prop_map(|(g, n)| Op::Answer(g, n)),
        1 => (gateway.clone(), nth.clone()).prop_map(|(g, n)| Op::Fail(g, n)),
        2 => (gateway.clone(), any::<u8>()).prop_map(|(g, bits)| Op::Disconnect(g, bits)),
        3 => gateway.clone().prop_map(Op::Connect),
        1 => gateway.prop_map(Op::RestartGateway),
        6 => (nth, any::<u8>()).prop_map(|(n, bits)| Op::Decide(n, bits)),
        2 => (0i64..40_000).prop_map(Op::Tick),
        1 => Just(Op::RestartApp),
        1 => prop::option::of(any::<bool>()).prop_map(Op::Rule),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn no_interleaving_loses_an_approval_or_answers_one_twice_or_by_accident(
        ops in prop::collection::vec(op(), 1..120),
    ) {
        let mut world = World::new(3);
        for op in ops {
            world.apply(op);
        }
        world.come_to_rest();
        world.check_at_rest();
    }
}

//! Requests to be paired, of which no gateway says when they end.

use super::*;

#[test]
fn a_pairing_request_of_which_no_gateway_tells_the_end_is_asked_about_when_its_time_is_over() {
    const MINUTE: EpochMs = 60_000;
    for kind in [ItemKind::DevicePairing, ItemKind::NodePairing] {
        let mut inbox = connected();
        let asked = Request {
            kind,
            expires_at: None,
            ..request("a", MINUTE)
        };
        let key = item_key(&gateway(), kind, "a");
        let requested = InboxEvent::Requested {
            gateway: gateway(),
            generation: 1,
            request: asked,
        };
        reduce(&mut inbox, requested, MINUTE);
        let early = reduce(&mut inbox, InboxEvent::Tick, 5 * MINUTE);
        assert_eq!(early, [], "it still waits");

        // The device asked for it again: the gateway waits on.
        let mut read_back = |now, answer| {
            let asked = reduce(&mut inbox, InboxEvent::Tick, now);
            let [Effect::ReadBack { key, token, .. }] = &asked[..] else {
                panic!("{kind:?} is not asked about at {now}: {asked:?}");
            };
            let answer = InboxEvent::ReadBack {
                key: key.clone(),
                token: *token,
                answer,
            };
            reduce(&mut inbox, answer, now);
            inbox.item(key).unwrap().phase.clone()
        };
        let waits = read_back(7 * MINUTE, ReadBackAnswer::Pending);
        assert!(matches!(waits, Phase::Waiting { .. }), "{waits:?}");
        let ended = read_back(8 * MINUTE, ReadBackAnswer::Unknown);
        assert!(
            matches!(&ended, Phase::Ended { outcome, .. } if outcome.verdict == Verdict::Expired),
            "{ended:?}"
        );
        assert_eq!(
            line(inbox.item(&key).unwrap(), Standing::default()).expires_at,
            None
        );
    }
}

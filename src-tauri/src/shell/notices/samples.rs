//! A notice to test with.

use gatehouse_fleet::notices::{Notice, Urgency};
use gatehouse_fleet::view::{Decision, ItemKey};

pub(super) fn notice(key: &str, revision: u32, buttons: Vec<Decision>) -> Notice {
    Notice {
        key: ItemKey(key.to_owned()),
        revision,
        title: "Home: main wants to run a command".to_owned(),
        body: "rm -rf build".to_owned(),
        buttons,
        review: false,
        private: false,
        stays: true,
        urgency: Urgency::Critical,
        sound: true,
        expires_at: None,
    }
}

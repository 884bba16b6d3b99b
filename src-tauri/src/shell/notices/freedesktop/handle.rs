//! The handle to the notifier: passes orders to its task and waits for what became of them.

use std::collections::HashSet;

use async_trait::async_trait;
use gatehouse_fleet::view::{ItemKey, NotificationSupport};
use tokio::sync::{mpsc, oneshot, watch};

use super::super::{Attention, DecisionNotifier, Delivery, Notice};

/// What the notifier is asked to do.
pub(super) enum Order {
    Show {
        notice: Notice,
        attention: Attention,
        reply: oneshot::Sender<Delivery>,
    },
    Withdraw {
        key: ItemKey,
    },
}

/// A notifier, for those who have something to show.
pub(super) struct Handle {
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) support: watch::Receiver<NotificationSupport>,
    pub(super) not_shown: watch::Receiver<HashSet<ItemKey>>,
}

impl Handle {
    async fn order(&self, notice: Notice, attention: Attention) -> Delivery {
        let (reply, answer) = oneshot::channel();
        // A notifier that has ended shows nothing; the window still can.
        let _ = self
            .orders
            .send(Order::Show {
                notice,
                attention,
                reply,
            })
            .await;
        answer.await.unwrap_or(Delivery::NeedsWindow)
    }
}

#[async_trait]
impl DecisionNotifier for Handle {
    async fn show(&self, notice: Notice) -> Delivery {
        self.order(notice, Attention::Ask).await
    }

    async fn update(&self, notice: Notice) -> Delivery {
        self.order(notice, Attention::Leave).await
    }

    async fn withdraw(&self, key: ItemKey) {
        let _ = self.orders.send(Order::Withdraw { key }).await;
    }

    fn support(&self) -> watch::Receiver<NotificationSupport> {
        self.support.clone()
    }

    fn not_shown(&self) -> HashSet<ItemKey> {
        self.not_shown.borrow().clone()
    }
}

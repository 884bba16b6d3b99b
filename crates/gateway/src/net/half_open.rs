//! Connections that have not proven anything yet are bounded: in all, and for each address that is not this
//! machine. A stranger who opens many gets no more; when all places are taken the oldest one makes room, so
//! that a crowd of half-open handshakes cannot keep an honest client out.
//!
//! Owned by the accepting task; tickets come back to it when they are dropped.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::auth::network;

/// The places for connections that are not authenticated.
pub(super) struct HalfOpen {
    most: usize,
    most_per_address: usize,
    next: u64,
    open: BTreeMap<u64, Place>,
    by_address: HashMap<IpAddr, usize>,
    returned: mpsc::UnboundedReceiver<u64>,
    give_back: mpsc::UnboundedSender<u64>,
}

struct Place {
    address: IpAddr,
    evict: CancellationToken,
}

/// One place. Given back when dropped.
pub(super) struct Ticket {
    number: u64,
    give_back: mpsc::UnboundedSender<u64>,
    /// Cancelled when somebody newer needs the place.
    pub(super) evicted: CancellationToken,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // Without a listener there is nobody to count places.
        let _ = self.give_back.send(self.number);
    }
}

impl HalfOpen {
    pub(super) fn new(most: usize, most_per_address: usize) -> Self {
        // No bound, since a ticket is given back where it is dropped, which cannot wait: a number for each ticket,
        // of which there are `most`.
        let (give_back, returned) = mpsc::unbounded_channel();
        Self {
            most,
            most_per_address,
            next: 0,
            open: BTreeMap::new(),
            by_address: HashMap::new(),
            returned,
            give_back,
        }
    }

    /// A place for a new connection. None when its address has too many.
    /// One that many share is not held to the share of one.
    pub(super) fn take(&mut self, address: IpAddr, is_shared: bool) -> Option<Ticket> {
        self.collect();
        let address = network(address);
        let held = self.by_address.get(&address).copied().unwrap_or(0);
        if !is_shared && held >= self.most_per_address {
            return None;
        }
        if self.open.len() >= self.most {
            self.evict_oldest();
        }
        let number = self.next;
        self.next += 1;
        let evicted = CancellationToken::new();
        let place = Place {
            address,
            evict: evicted.clone(),
        };
        self.open.insert(number, place);
        *self.by_address.entry(address).or_default() += 1;
        Some(Ticket {
            number,
            give_back: self.give_back.clone(),
            evicted,
        })
    }

    /// Ends the oldest one.
    pub(super) fn evict_oldest(&mut self) {
        self.collect();
        if let Some((_, oldest)) = self.open.pop_first() {
            oldest.evict.cancel();
            self.forget(oldest.address);
        }
    }

    fn collect(&mut self) {
        while let Ok(number) = self.returned.try_recv() {
            if let Some(place) = self.open.remove(&number) {
                self.forget(place.address);
            }
        }
    }

    fn forget(&mut self, address: IpAddr) {
        if let Some(held) = self.by_address.get_mut(&address) {
            *held -= 1;
            if *held == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, last])
    }

    #[test]
    fn one_address_cannot_take_more_than_its_share() {
        let mut places = HalfOpen::new(100, 2);
        let held: Vec<_> = (0..5)
            .filter_map(|_| places.take(address(1), false))
            .collect();
        assert_eq!(held.len(), 2);
        let shared: Vec<_> = (0..5)
            .filter_map(|_| places.take(address(3), true))
            .collect();
        assert_eq!(shared.len(), 5, "a proxy brings many");
        assert!(places.take(address(2), false).is_some());
        drop(held);
        assert!(places.take(address(1), false).is_some());
    }

    #[test]
    fn one_ipv6_network_counts_as_one_address() {
        let mut places = HalfOpen::new(100, 2);
        let in_network = |text: &str| text.parse::<IpAddr>().unwrap();
        let held: Vec<_> = ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
            .into_iter()
            .filter_map(|host| places.take(in_network(host), false))
            .collect();
        assert_eq!(held.len(), 2);
        assert!(places.take(in_network("2001:db8:0:1::1"), false).is_some());
    }

    #[test]
    fn when_all_is_taken_the_oldest_makes_room() {
        let mut places = HalfOpen::new(3, 3);
        let held: Vec<_> = (0..3)
            .filter_map(|last| places.take(address(last), false))
            .collect();
        let newest = places.take(address(9), false).unwrap();
        assert!(held[0].evicted.is_cancelled());
        assert!(!held[1].evicted.is_cancelled() && !newest.evicted.is_cancelled());
        drop(held);
        drop(newest);
        places.collect();
        assert!(places.open.is_empty() && places.by_address.is_empty());
    }
}

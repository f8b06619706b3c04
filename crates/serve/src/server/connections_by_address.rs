//! How many connections each address has: one client cannot take all of a listener's.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::layers::TrustedProxies;

/// Of an IPv6 address, the part that a provider gives to one customer (RFC 6177: 64 bits at the least).
const NETWORK_BITS: u32 = 64;

/// The open connections of a listener by the address that they came from.
#[derive(Debug)]
pub(super) struct ConnectionsByAddress {
    /// None: any number.
    most: Option<usize>,
    proxies: TrustedProxies,
    open: Mutex<HashMap<IpAddr, usize>>,
}

impl ConnectionsByAddress {
    /// At most `most` from each address, 0 for any number, and any number from trusted proxies.
    pub(super) fn new(most: usize, proxies: TrustedProxies) -> Arc<Self> {
        Arc::new(Self { most: Some(most).filter(|most| *most > 0), proxies, open: Mutex::default() })
    }

    /// Counts a connection from `address` for as long as what is returned lives; None: it has too many.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<AddressPermit> {
        let Some(most) = self.most.filter(|_| !self.proxies.include(address.to_canonical())) else {
            return Some(AddressPermit(None));
        };
        let counted = counted(address);
        let mut open = self.open();
        let count = open.entry(counted).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(AddressPermit(Some((Arc::clone(self), counted))))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an address is counted as: an IPv4-mapped IPv6 address is the IPv4 one, and an IPv6 network is one client's.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let host = u128::MAX >> NETWORK_BITS;
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !host))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// A connection that is counted.
#[derive(Debug)]
pub(super) struct AddressPermit(Option<(Arc<ConnectionsByAddress>, IpAddr)>);

impl Drop for AddressPermit {
    fn drop(&mut self) {
        let Some((connections, address)) = &self.0 else { return };
        let mut open = connections.open();
        if let Some(count) = open.get_mut(address) {
            *count -= 1;
            if *count == 0 {
                open.remove(address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(most: usize) -> Arc<ConnectionsByAddress> {
        ConnectionsByAddress::new(most, TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]))
    }

    fn admit(connections: &Arc<ConnectionsByAddress>, address: &str) -> Option<AddressPermit> {
        connections.admit(address.parse().unwrap())
    }

    #[test]
    fn an_address_has_so_many_and_a_place_again_when_one_ends() {
        let connections = limit(2);
        let [one, _two] = [(); 2].map(|()| admit(&connections, "192.0.2.1").unwrap());
        assert!(admit(&connections, "192.0.2.1").is_none());
        assert!(admit(&connections, "::ffff:192.0.2.1").is_none(), "the same, mapped to IPv6");
        assert!(admit(&connections, "192.0.2.2").is_some());
        drop(one);
        assert!(admit(&connections, "192.0.2.1").is_some());
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let connections = limit(1);
        let _one = admit(&connections, "2001:db8:1:2::1").unwrap();
        assert!(admit(&connections, "2001:db8:1:2:ffff::9").is_none());
        assert!(admit(&connections, "2001:db8:1:3::1").is_some());
    }

    #[test]
    fn proxies_and_listeners_without_a_limit_have_any_number() {
        let (limited, unlimited) = (limit(1), limit(0));
        let proxys = [(); 5].map(|()| admit(&limited, "::ffff:10.0.0.1"));
        let others = [(); 5].map(|()| admit(&unlimited, "192.0.2.1"));
        assert!(proxys.iter().chain(&others).all(Option::is_some));
    }

    #[test]
    fn addresses_without_connections_are_forgotten() {
        let connections = limit(3);
        drop([(); 3].map(|()| admit(&connections, "192.0.2.1")));
        assert!(connections.open().is_empty());
    }
}

//! Where somebody may come from.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(pub IpNet);

/// What is neither, as it was written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address and no network such as 10.0.0.0/8")]
pub struct NoNetwork(pub String);

impl Network {
    /// Whether it has this address, in its canonical form.
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network| Self(network.trunc())).map_err(|_| NoNetwork(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_address_is_a_network() {
        assert_eq!("192.0.2.1".parse::<Network>().unwrap().0.to_string(), "192.0.2.1/32");
    }

    #[test]
    fn what_is_below_the_prefix_is_left_out() {
        assert_eq!("10.1.2.3/8".parse::<Network>().unwrap().0.to_string(), "10.0.0.0/8");
    }

    #[test]
    fn what_is_no_network_is_named() {
        let error = "10.0.0.0/33".parse::<Network>().unwrap_err();
        assert_eq!(error.to_string(), "\"10.0.0.0/33\" is no address and no network such as 10.0.0.0/8");
    }
}

//! The networks from which an application may be used, as requests write them.

use ipnet::IpNet;
use vestibule_auth::AdministrationError;
use vestibule_model::Network;

/// The networks as text.
pub(super) fn written(networks: &[IpNet]) -> Vec<String> {
    networks.iter().map(ToString::to_string).collect()
}

/// Networks, or single addresses.
pub(super) fn read(texts: &[String]) -> Result<Vec<IpNet>, AdministrationError> {
    let refused = |index: usize| {
        let reason = "this is no address and no network such as 10.0.0.0/8";
        AdministrationError::invalid(format!("addresses[{index}]"), reason)
    };
    let read = |(index, text): (usize, &String)| {
        text.parse().map(|Network(network)| network).map_err(|_| refused(index))
    };
    texts.iter().enumerate().map(read).collect()
}

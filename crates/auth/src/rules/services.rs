//! The rules of the services that an account lists.

use vestibule_model::{Account, HostPort, Service};

use super::rule::Rule;
use super::texts::name_violation;
use super::violation::Violation;

/// How many services an account may list.
const MOST: usize = 1_000;

/// The longest address, in bytes.
const LONGEST: usize = 253;

/// What is wrong with the services, those left aside that are as they were.
pub(super) fn service_violations(account: &Account, before: Option<&Account>) -> Vec<Violation> {
    let (services, known) = (&account.services, before.map_or(&[][..], |before| &before.services));
    let mut found = Vec::new();
    if services.len() > MOST && services.len() > known.len() {
        found.push(Violation::with(Rule::ServiceCount, MOST));
    }
    let mut names = std::collections::HashMap::new();
    for service in services {
        *names.entry(service.name.as_str()).or_insert(0_usize) += 1;
    }
    for service in services.iter().filter(|service| !known.contains(service)) {
        found.extend(name_violation((Rule::ServiceNameLength, Rule::ServiceNameCharacters), &service.name));
        let twice = service_twice(&service.name);
        let is_twice = names.get(service.name.as_str()).is_some_and(|count| *count > 1);
        // Once, however many there are of the name.
        if is_twice && !found.contains(&twice) {
            found.push(twice);
        }
        found.extend(address_violation(service));
    }
    found
}

/// That two services have one name.
pub fn service_twice(name: &str) -> Violation {
    Violation::with(Rule::ServiceTwice, name)
}

fn address_violation(Service { name, base_uri }: &Service) -> Option<Violation> {
    let address = base_uri.as_ref()?;
    if address.len() > LONGEST {
        return Some(Violation::with(Rule::ServiceAddressLength, format_args!("{name}: {LONGEST}")));
    }
    let error = address.parse::<HostPort>().err()?;
    Some(Violation::with(Rule::ServiceAddress, format_args!("{name}: {error}")))
}

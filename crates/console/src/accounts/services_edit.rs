//! `/console/accounts/{account}/services/edit`: the hosts that the Domain API names, a line each.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::AdministrationError;
use vestibule_model::{Account, Service};

use super::form::{AccountPart, show_part, submit_part};
use crate::ConsoleState;
use crate::forms::{Field, Values};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};

const SERVICES: &str = "services";

struct Services;

/// A line: the name, and the host behind the last `=`; without one it is this server.
fn line(service: &Service) -> String {
    match &service.base_uri {
        Some(host) => format!("{} = {host}", service.name),
        None if service.name.contains('=') => format!("{} =", service.name),
        None => service.name.clone(),
    }
}

fn read(line: &str) -> Service {
    let (name, host) = line.rsplit_once('=').unwrap_or((line, ""));
    let host = Some(host.trim().to_owned()).filter(|host| !host.is_empty());
    Service { name: name.trim().to_owned(), base_uri: host }
}

/// The services, a line each.
pub(super) fn field(values: &Values) -> Field {
    let hint = "A line for each, such as “agentVep = vep.example:8443”. Without a host it is this server.";
    Field::area(SERVICES, "Services", values).hint(hint)
}

/// Those of the lines.
pub(super) fn services(values: &Values) -> Vec<Service> {
    values.get(SERVICES).lines().filter(|line| !line.trim().is_empty()).map(read).collect()
}

impl AccountPart for Services {
    fn title(&self) -> &'static str {
        "Services"
    }

    fn shown_at(&self) -> &'static str {
        "/services"
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        vec![field(values)]
    }

    fn values(&self, account: &Account) -> Values {
        let mut values = Values::default();
        values.set(SERVICES, account.services.iter().map(line).collect::<Vec<_>>().join("\n"));
        values
    }

    fn apply(&self, values: &Values, account: &mut Account) -> Result<(), AdministrationError> {
        account.services = services(values);
        Ok(())
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    show_part(&console, &signed_in, place.account()?, Services)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    submit_part(&console, &posted, place.account()?, Services).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_read_as_it_is_written() {
        for (name, host) in [
            ("agentVep", Some("vep.example:8443")),
            ("own", None),
            ("a = b", None),
            ("a=b", Some("[::1]:80")),
        ] {
            let service = Service { name: name.to_owned(), base_uri: host.map(str::to_owned) };
            assert_eq!(read(&line(&service)), service);
        }
    }
}

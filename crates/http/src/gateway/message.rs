//! A request that a gateway tells of in a message, as Envoy does over gRPC: each thing has a field of its own, which no client writes.
//! Beside `kind.rs`, which has the places of those that ask over HTTP.

use std::net::IpAddr;

use vestibule_auth::RecallError;
use vestibule_ext_authz::SentBody;
use vestibule_model::GatewayRule;
use vestibule_oauth1::MAX_FORM_BYTES;
use vestibule_serve::layers::{Headers, Refusal};

use super::answer::{Outcome, forbidden};
use super::check::Question;
use super::kind::{ExternalAddress, Misreported, Reported};
use super::signed::{HeldBody, sends_form};
use crate::api::ApiState;
use crate::credentials::visible;

/// What a gateway's message tells of the request that it holds.
#[derive(Clone, Debug)]
pub(super) struct GatewayMessage<'a> {
    /// The name of the rule; None: that which there always is.
    pub(super) rule: Option<&'a str>,
    /// Its method.
    pub(super) method: &'a [u8],
    /// Its path and query, as they were sent.
    pub(super) target: &'a [u8],
    /// The host that it is for.
    pub(super) host: &'a [u8],
    /// Its scheme.
    pub(super) scheme: &'a [u8],
    /// Its headers.
    pub(super) headers: Headers<'a>,
    /// Its body, as far as the gateway sends it along.
    pub(super) body: SentBody,
    /// The other end of the connection that it came on.
    pub(super) source: Option<IpAddr>,
    /// The header that has the client's address, where a proxy before the gateway is the other end. Its configuration says so, and it
    /// sees to the header.
    pub(super) address_header: Option<&'a str>,
    /// The other end of the gateway's own connection.
    pub(super) gateway: Option<IpAddr>,
}

impl<'a> GatewayMessage<'a> {
    /// What becomes of it. Fails while the table of live sessions is read after a start, and the store does not answer.
    pub(super) async fn check(&self, api: &ApiState) -> Result<Outcome, RecallError> {
        let rule = self.rule.unwrap_or(GatewayRule::DEFAULT);
        match Question::by_gateway(api, self.gateway, rule, self.headers, || self.reported()) {
            Ok(question) => question.with_body(self.held_body()).recall_and_decide(api).await,
            Err(why) => Ok(Outcome::Refused(forbidden(why))),
        }
    }

    fn held_body(&self) -> HeldBody {
        match &self.body {
            SentBody::Nothing => HeldBody::NotSent,
            _ if !sends_form(self.headers) => HeldBody::NotSent,
            SentBody::Beginning => HeldBody::Unread(Refusal::BodyTooLarge),
            SentBody::Whole(body) if body.len() > MAX_FORM_BYTES => HeldBody::Unread(Refusal::BodyTooLarge),
            SentBody::Whole(body) => HeldBody::Form(body.clone()),
        }
    }

    /// All of it is asked for from the first check on, as of the other kinds.
    fn reported(&self) -> Result<Reported<'a>, Misreported> {
        let address = match self.address_header {
            None => self.source.ok_or(Misreported::NoAddress("source")),
            Some(name) => ExternalAddress::of(name)?.read(self.headers),
        };
        Ok(Reported {
            method: text("method", self.method)?,
            scheme: text("scheme", self.scheme)?,
            host: text("host", self.host)?,
            target: text("path", self.target)?,
            address: address?,
            passes_refusals: true,
        })
    }
}

fn text<'a>(field: &'static str, value: &'a [u8]) -> Result<&'a str, Misreported> {
    if value.is_empty() {
        return Err(Misreported::Missing(field));
    }
    visible(value).ok_or(Misreported::Unreadable(field))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use httparse::Header;

    use super::*;

    const ALL: [Header<'_>; 3] = [
        Header { name: "x-envoy-external-address", value: b"192.0.2.2" },
        Header { name: "x-forwarded-for", value: b"203.0.113.1,192.0.2.1" },
        Header { name: "x-original-uri", value: b"/clients" },
    ];

    fn held<'a>(headers: &'a [Header<'a>]) -> GatewayMessage<'a> {
        GatewayMessage {
            rule: None,
            method: b"GET",
            target: b"/a?b",
            host: b"api.example",
            scheme: b"https",
            headers: Headers::Parsed(headers),
            body: SentBody::Nothing,
            source: Some([198, 51, 100, 1].into()),
            address_header: None,
            gateway: None,
        }
    }

    #[test]
    fn a_body_is_a_form_by_its_type_and_up_to_a_size() {
        let form = [Header { name: "content-type", value: b"application/x-www-form-urlencoded" }];
        let with = |headers, length| {
            let body = SentBody::Whole(Bytes::from(vec![b'a'; length]));
            GatewayMessage { body, ..held(headers) }.held_body()
        };
        assert!(matches!(with(&form, MAX_FORM_BYTES), HeldBody::Form(form) if form.len() == MAX_FORM_BYTES));
        assert!(matches!(with(&form, MAX_FORM_BYTES + 1), HeldBody::Unread(Refusal::BodyTooLarge)));
        assert!(matches!(with(&ALL, 1), HeldBody::NotSent));
        assert!(matches!(held(&form).held_body(), HeldBody::NotSent));
    }

    #[test]
    fn g5_of_a_form_that_was_cut_it_is_known_that_there_is_one() {
        let form = [Header { name: "content-type", value: b"application/x-www-form-urlencoded" }];
        let cut = |headers| GatewayMessage { body: SentBody::Beginning, ..held(headers) }.held_body();
        assert!(matches!(cut(&form), HeldBody::Unread(Refusal::BodyTooLarge)));
        assert!(matches!(cut(&ALL), HeldBody::NotSent));
    }

    fn told(held: &GatewayMessage<'_>) -> Result<(String, String), Misreported> {
        held.reported().map(|reported| (reported.target.to_owned(), reported.address.to_string()))
    }

    #[test]
    fn g6_no_header_tells_the_target_or_the_address() {
        assert_eq!(told(&held(&ALL)), Ok(("/a?b".to_owned(), "198.51.100.1".to_owned())));
    }

    #[test]
    fn the_configuration_names_the_header_that_has_the_address() {
        for (name, address) in [("x-envoy-external-address", "192.0.2.2"), ("x-forwarded-for", "192.0.2.1")] {
            let held = GatewayMessage { address_header: Some(name), ..held(&ALL) };
            assert_eq!(told(&held).map(|(_, address)| address), Ok(address.to_owned()));
            let missing = GatewayMessage { headers: Headers::Parsed(&[]), ..held };
            assert_eq!(told(&missing), Err(Misreported::Missing(name)));
        }
        let other = GatewayMessage { address_header: Some("x-original-uri"), ..held(&ALL) };
        assert_eq!(told(&other), Err(Misreported::UnknownAddressHeader));
    }

    #[test]
    fn g4_an_address_that_stands_there_twice_is_none() {
        let twice = [ALL[0], ALL[0]];
        let held = GatewayMessage { address_header: Some("x-envoy-external-address"), ..held(&twice) };
        assert_eq!(told(&held), Err(Misreported::Twice("x-envoy-external-address")));
    }

    #[test]
    fn what_is_missing_or_unreadable_is_refused() {
        let all = || held(&ALL);
        for (wrong, why) in [
            (GatewayMessage { method: b"", ..all() }, Misreported::Missing("method")),
            (GatewayMessage { target: b"", ..all() }, Misreported::Missing("path")),
            (GatewayMessage { target: b"/\xff", ..all() }, Misreported::Unreadable("path")),
            (GatewayMessage { host: b"", ..all() }, Misreported::Missing("host")),
            (GatewayMessage { scheme: b"", ..all() }, Misreported::Missing("scheme")),
            (GatewayMessage { source: None, ..all() }, Misreported::NoAddress("source")),
        ] {
            assert_eq!(told(&wrong), Err(why));
        }
    }
}

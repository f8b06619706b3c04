//! What somebody shows of themselves, and what of it is accepted.

use std::net::IpAddr;

use vestibule_model::{GatewayCredential, Millis, TrafficOutcome};

/// What shows a session.
#[derive(Clone, Copy, Debug)]
pub enum Credential<'a> {
    /// A bearer token.
    Bearer(&'a str),
    /// A LiveVox id.
    LivevoxId([u8; 16]),
    /// The session cookies of a request, of which one may be right.
    Cookies(&'a [&'a str]),
    /// The cookie of the service's own pages.
    PageCookie(&'a str),
}

/// A kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A bearer token.
    Bearer,
    /// A LiveVox id.
    LivevoxId,
    /// A session cookie.
    Cookie,
    /// A cookie of the service's own pages.
    PageCookie,
}

/// Every credential that a request shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credentials<'a> {
    /// The bearer of its `Authorization`.
    pub bearer: Option<&'a str>,
    /// The LiveVox id of its `LV-Session`.
    pub livevox_id: Option<[u8; 16]>,
    /// The values of its session cookies.
    pub cookies: &'a [&'a str],
    /// The bearer in its target.
    pub bearer_in_target: Option<&'a str>,
    /// The cookie of the service's own pages, where it may count.
    pub page_cookie: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// Those that there are.
    pub fn iter(self) -> impl Iterator<Item = Credential<'a>> {
        let places = GatewayCredential::USUAL.into_iter().chain([GatewayCredential::Page]);
        places.filter_map(move |place| self.at(place))
    }

    const fn at(self, place: GatewayCredential) -> Option<Credential<'a>> {
        match (place, self) {
            (GatewayCredential::Bearer, Self { bearer: Some(bearer), .. })
            | (GatewayCredential::BearerInTarget, Self { bearer_in_target: Some(bearer), .. }) => {
                Some(Credential::Bearer(bearer))
            }
            (GatewayCredential::LivevoxId, Self { livevox_id: Some(id), .. }) => {
                Some(Credential::LivevoxId(id))
            }
            (GatewayCredential::Cookie, Self { cookies, .. }) if !cookies.is_empty() => {
                Some(Credential::Cookies(cookies))
            }
            (GatewayCredential::Page, Self { page_cookie: Some(cookie), .. }) => {
                Some(Credential::PageCookie(cookie))
            }
            _ => None,
        }
    }

    /// Those that there are, and whether each is accepted: first those that are, in the order in which they count.
    pub(crate) fn ranked<'b>(
        self,
        accepted: Accepted<'b>,
    ) -> impl Iterator<Item = (Credential<'a>, bool)> + use<'a, 'b> {
        let order = accepted.order();
        let others = GatewayCredential::USUAL.into_iter().filter(|place| !order.contains(place));
        let of_order = order.iter().filter_map(move |place| Some((self.at(*place)?, true)));
        of_order.chain(others.filter_map(move |place| Some((self.at(place)?, false))))
    }
}

/// What opens what is asked for. Anything else only contradicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted<'a> {
    /// Whatever shows a session.
    Any,
    /// A LiveVox id.
    LivevoxId,
    /// These, in the order in which they count.
    InOrder(&'a [GatewayCredential]),
}

/// What is shown, for what, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Showing<'a> {
    /// What is shown.
    pub credentials: Credentials<'a>,
    /// What of it opens what is asked for.
    pub accepted: Accepted<'a>,
    /// The account that it is shown for, where the request names one: no session of another counts.
    pub account: Option<&'a str>,
    /// The caller's address.
    pub address: Option<IpAddr>,
    /// Its `User-Agent`, by which it is counted.
    pub agent: Option<&'a [u8]>,
    /// The time.
    pub now: Millis,
}

impl Credential<'_> {
    pub(crate) const fn kind(&self) -> CredentialKind {
        match self {
            Self::Bearer(_) => CredentialKind::Bearer,
            Self::LivevoxId(_) => CredentialKind::LivevoxId,
            Self::Cookies(_) => CredentialKind::Cookie,
            Self::PageCookie(_) => CredentialKind::PageCookie,
        }
    }
}

impl<'a> Accepted<'a> {
    const fn order(self) -> &'a [GatewayCredential] {
        match self {
            Self::Any => &GatewayCredential::USUAL,
            Self::LivevoxId => &[GatewayCredential::LivevoxId],
            Self::InOrder(order) => order,
        }
    }
}

/// What came of a request that nobody is known for.
pub(crate) fn not_known(shown: &Showing<'_>) -> TrafficOutcome {
    match shown.credentials.iter().next() {
        Some(_) => TrafficOutcome::InvalidCredential,
        None => TrafficOutcome::NoCredential,
    }
}

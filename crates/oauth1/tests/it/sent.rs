//! A request as it is sent, which a test may change before it is read.

use vestibule_oauth1::testing::{Client, Made, Pairs, encoded, header};
use vestibule_oauth1::{KeySecrets, Problem, Request, Scheme, SignatureMethod, Signed};

/// Seconds since 1970.
pub(crate) const NOW: i64 = 1_795_982_400;

/// Owned, so that tests can change it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) scheme: Scheme,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) authorization: Vec<String>,
    pub(crate) form: Option<String>,
}

impl Sent {
    /// A GET of an address, without a header.
    pub(crate) fn get(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (host, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        Self {
            method: "GET".to_owned(),
            scheme: scheme.parse().unwrap(),
            host: host.to_owned(),
            path: path.to_owned(),
            query,
            authorization: Vec::new(),
            form: None,
        }
    }

    /// With this header alone.
    pub(crate) fn with_header(mut self, header: &str) -> Self {
        self.authorization = vec![header.to_owned()];
        self
    }

    pub(crate) fn read(&self) -> Result<Option<Signed>, Problem> {
        let authorization: Vec<&[u8]> = self.authorization.iter().map(String::as_bytes).collect();
        let request = Request {
            method: &self.method,
            scheme: self.scheme,
            host: &self.host,
            path: &self.path,
            query: self.query.as_deref(),
            authorization: &authorization,
            form: self.form.as_deref().map(str::as_bytes),
        };
        let read = request.read();
        // Whatever is wrong with it, it is signed or not.
        assert_eq!(request.is_signed(), !matches!(read, Ok(None)), "{self:?}");
        read
    }

    /// That of a request that is signed.
    pub(crate) fn signed(&self) -> Signed {
        self.read().unwrap().unwrap()
    }

    /// Whether it is signed, and rightly.
    pub(crate) fn is_taken(&self, key: &KeySecrets<'_>) -> bool {
        matches!(self.read(), Ok(Some(signed)) if signed.verify(Some(key)).is_ok())
    }

    /// What it is refused for by whoever has the key; nothing if it is taken.
    pub(crate) fn refusal(&self, key: &KeySecrets<'_>) -> Option<Problem> {
        match self.read() {
            Ok(signed) => signed.unwrap().verify(Some(key)).err(),
            Err(problem) => Some(problem),
        }
    }
}

/// A client that tests have.
pub(crate) fn client() -> Client {
    Client {
        consumer_key: "1ed5a0a0d4a64c5db0f3a4a4a3b7d6ee".to_owned(),
        consumer_secret: "5f0c7a9b2d3e4f61".to_owned(),
        token: "77aa1122bb33cc44dd55ee66ff008899".to_owned(),
        token_secret: "0a1b2c3d4e5f6071".to_owned(),
        method: SignatureMethod::HmacSha1,
    }
}

/// The request that most tests change: a GET with two parameters.
pub(crate) const URL: &str = "https://api.example.com/api/account/1234/skills?v=2.0&select=id%20name";

/// The same, as the client signs it.
pub(crate) const MADE: Made<'_> = Made {
    method: "GET",
    uri: "https://api.example.com/api/account/1234/skills",
    parameters: &[("v", "2.0"), ("select", "id name")],
    timestamp: NOW,
    nonce: "7d8f3e4a",
};

/// The protocol parameters of that request.
pub(crate) fn parameters() -> Pairs {
    client().sign(&MADE)
}

/// That request with other protocol parameters in its header.
pub(crate) fn with(parameters: &Pairs) -> Sent {
    Sent::get(URL).with_header(&header(parameters))
}

/// That request with one protocol parameter changed, or added, before it is signed.
pub(crate) fn signed_with(name: &str, value: &str) -> Sent {
    let mut protocol = client().protocol_parameters(&MADE);
    protocol.retain(|(known, _)| known != name);
    protocol.push((name.to_owned(), value.to_owned()));
    let signature = client().signature(&MADE, &protocol);
    protocol.push(("oauth_signature".to_owned(), signature));
    with(&protocol)
}

/// As in a query or a form.
pub(crate) fn form(parameters: &Pairs) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

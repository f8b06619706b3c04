//! Whatever a client sends: what it signed is taken, and nothing else. Signed by the client of the tests.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use vestibule_oauth1::testing::{Client, Made, Pairs, encoded, header};
use vestibule_oauth1::{KeySecrets, SignatureMethod};

use crate::sent::{NOW, Sent, form};

/// A request before it is signed, and the client that signs it.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) client: Client,
    pub(crate) method: String,
    /// With scheme and host, as it is signed; not the root.
    pub(crate) uri: String,
    pub(crate) query: Pairs,
    pub(crate) form: Option<Pairs>,
    pub(crate) nonce: String,
}

pub(crate) fn drawn() -> impl Strategy<Value = Drawn> {
    let host = select(vec!["api.example.com", "a-b_c.example", "127.0.0.1", "[2001:db8::1]"]);
    let port = select(vec!["", ":8443", ":81"]);
    let uri = (select(vec!["http", "https"]), host, port, "(/[a-z0-9._~-]{1,4}|/%[2-7][0-9A-F]){1,4}");
    let uri = uri.prop_map(|(scheme, host, port, path)| format!("{scheme}://{host}{port}{path}"));
    let method = select(vec!["GET", "POST", "PUT", "PATCH", "DELETE"]).prop_map(str::to_owned);
    let form = proptest::option::of(pairs());
    (client(), method, uri, pairs(), form, "[A-Za-z0-9]{1,40}").prop_map(
        |(client, method, uri, query, form, nonce)| {
            // Requests of the others have no body.
            let form = form.filter(|_| method.starts_with('P'));
            Drawn { client, method, uri, query, form, nonce }
        },
    )
}

fn client() -> impl Strategy<Value = Client> {
    let method = select(SignatureMethod::ALL.to_vec());
    ("[a-f0-9]{1,32}", text(), "[a-f0-9]{1,32}", text(), method).prop_map(
        |(consumer_key, consumer_secret, token, token_secret, method)| {
            // HMAC pads its key with zeros: no secret ends in them.
            let token_secret = token_secret.trim_end_matches('\0').to_owned();
            Client { consumer_key, consumer_secret, token, token_secret, method }
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9]{0,6}", "[ -~]{0,8}", "[ -~éß☃名\\[\\]&=+%]{0,6}", any::<String>()]
}

fn pairs() -> impl Strategy<Value = Pairs> {
    // No name of the protocol.
    let name = text().prop_filter("oauth_", |name| !name.starts_with("oauth_"));
    proptest::collection::vec((name, text()), 0..5)
}

impl Drawn {
    /// As it is sent, without a signature.
    pub(crate) fn unsigned(&self) -> Sent {
        Sent {
            method: self.method.clone(),
            query: (!self.query.is_empty()).then(|| form(&self.query)),
            form: self.form.as_ref().map(form),
            ..Sent::get(&self.uri)
        }
    }

    pub(crate) fn parameters(&self) -> Pairs {
        let all: Vec<(&str, &str)> =
            self.query.iter().chain(self.form.iter().flatten()).map(borrowed).collect();
        self.client.sign(&Made {
            method: &self.method,
            uri: &self.uri,
            parameters: &all,
            timestamp: NOW,
            nonce: &self.nonce,
        })
    }

    /// As it is sent, signed in its header.
    pub(crate) fn sent(&self) -> Sent {
        self.unsigned().with_header(&header(&self.parameters()))
    }

    fn is_taken(&self, sent: &Sent) -> bool {
        sent.is_taken(&self.client.secrets())
    }
}

fn borrowed((name, value): &(String, String)) -> (&str, &str) {
    (name, value)
}

/// With one character exchanged for another: for `other`, if that is one.
fn exchanged(text: &str, at: Index, other: char) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let at = at.index(characters.len());
    characters[at] = [other, '0', '1'].into_iter().find(|other| *other != characters[at]).unwrap();
    characters.into_iter().collect()
}

proptest! {
    #[test]
    fn what_is_signed_is_taken(drawn in drawn()) {
        prop_assert!(drawn.is_taken(&drawn.sent()));
    }

    #[test]
    fn where_it_is_signed_makes_no_difference(drawn in drawn()) {
        let protocol = form(&drawn.parameters());
        let with = |text: Option<String>| match text {
            Some(text) => Some(format!("{text}&{protocol}")),
            None => Some(protocol.clone()),
        };
        let sent = drawn.unsigned();
        let in_query = Sent { query: with(sent.query.clone()), ..sent.clone() };
        prop_assert!(drawn.is_taken(&in_query));
        let in_form = Sent { form: with(sent.form.clone()), ..sent };
        prop_assert!(drawn.is_taken(&in_form));
    }

    #[test]
    fn the_order_of_parameters_makes_no_difference(
        drawn in drawn(), order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle(), rotated in any::<Index>()
    ) {
        let parameters = drawn.parameters();
        let shuffled: Pairs = order.iter().map(|at| parameters[*at].clone()).collect();
        let mut query = drawn.query.clone();
        let by = rotated.index(query.len() + 1);
        query.rotate_left(by);
        let sent = Sent { query: Some(form(&query)), ..drawn.unsigned() }.with_header(&header(&shuffled));
        prop_assert!(drawn.is_taken(&sent));
    }

    #[test]
    fn a_changed_method_host_or_path_is_refused(
        drawn in drawn(), at in any::<Index>(), other in select(('b'..='z').chain('1'..='9').collect::<Vec<_>>())
    ) {
        let sent = drawn.sent();
        let method = exchanged(&sent.method, at, other);
        if !method.eq_ignore_ascii_case(&sent.method) {
            let changed = Sent { method, ..sent.clone() };
            prop_assert!(!drawn.is_taken(&changed));
        }
        let changed = Sent { host: exchanged(&sent.host, at, other), ..sent.clone() };
        prop_assert!(!drawn.is_taken(&changed));
        let changed = Sent { path: exchanged(&sent.path, at, other), ..sent };
        prop_assert!(!drawn.is_taken(&changed));
    }

    #[test]
    fn a_changed_parameter_is_refused(
        drawn in drawn(), at in any::<Index>(), other in any::<char>(), which in any::<Index>()
    ) {
        let mut changed = drawn.clone();
        if changed.query.is_empty() && changed.form.iter().all(Vec::is_empty) {
            changed.query.push(("a".to_owned(), other.to_string()));
        } else {
            let all = changed.query.iter_mut().chain(changed.form.iter_mut().flatten());
            let mut texts: Vec<&mut String> = all.flat_map(|(name, value)| [name, value]).collect();
            let which = which.index(texts.len());
            let text = &mut *texts[which];
            *text = if text.is_empty() { other.to_string() } else { exchanged(text, at, other) };
        }
        // Where a parameter stands among others is not signed.
        let sorted = |drawn: &Drawn| {
            let mut all: Vec<_> = drawn.query.iter().chain(drawn.form.iter().flatten()).cloned().collect();
            all.sort();
            all
        };
        prop_assume!(sorted(&changed) != sorted(&drawn));
        let sent = Sent { authorization: drawn.sent().authorization, ..changed.unsigned() };
        prop_assert!(!drawn.is_taken(&sent));
    }

    #[test]
    fn a_changed_parameter_of_the_protocol_is_refused(
        drawn in drawn(), which in 0..7_usize, at in any::<Index>(), other in "[a-zA-Z0-9]"
    ) {
        let mut parameters = drawn.parameters();
        let text = &mut parameters[which].1;
        *text = exchanged(text, at, other.chars().next().unwrap());
        prop_assert!(!drawn.is_taken(&drawn.unsigned().with_header(&header(&parameters))));
    }

    #[test]
    fn a_changed_secret_is_refused(drawn in drawn(), at in any::<Index>(), other in any::<char>()) {
        let (sent, secrets) = (drawn.sent(), drawn.client.secrets());
        let changed = |text: &str| {
            if text.is_empty() { format!("{other}") } else { exchanged(text, at, other) }
        };
        let consumer_secret = changed(secrets.consumer_secret);
        let key = KeySecrets { consumer_secret: &consumer_secret, ..secrets };
        prop_assert!(!sent.is_taken(&key));
        let token_secret = changed(secrets.token_secret);
        let key = KeySecrets { token_secret: &token_secret, ..secrets };
        prop_assert!(!sent.is_taken(&key));
    }

    #[test]
    fn whatever_comes_is_read_or_refused(
        method in any::<String>(), host in text(), path in text(), query in text(), header in any::<String>(),
        form in any::<String>()
    ) {
        for authorization in [vec![], vec![format!("OAuth {header}")], vec![header]] {
            let sent = Sent {
                method: method.clone(),
                host: host.clone(),
                path: path.clone(),
                query: Some(format!("{query}&oauth_signature={}", encoded(&path))),
                authorization,
                form: Some(form.clone()),
                ..Sent::get("http://x/")
            };
            let _ = sent.read();
        }
    }
}

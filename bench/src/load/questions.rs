//! What is asked: requests as bytes, drawn at random or each once, and what every answer must be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Draw;
use crate::data::Tokens;

/// What a crowd of clients asks.
#[derive(Debug)]
pub(crate) struct Questions {
    requests: Requests,
    pub(super) answer: Answer,
}

/// What an answer must be; any other ends the bench.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// An HTTP answer of this status.
    Status(&'static str),
    /// An HTTP answer of status 200, or 503 from a server that has too much to do.
    Served,
    /// An HTTP answer of status 401, or 503 from a server that has too much to do.
    Refused,
    /// A string in the protocol of Redis.
    Bulk,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was answered as it should be.
    Served,
    /// The server had too much to do, and said so.
    TurnedAway,
}

#[derive(Debug)]
enum Requests {
    Prepared(Vec<Box<[u8]>>),
    Around(Around),
    EachOnce { around: Around, next: AtomicUsize },
    Once { requests: Vec<Box<[u8]>>, next: AtomicUsize },
    Mixed(Vec<(usize, Arc<Questions>)>),
}

/// One request with a place for a token, so that ten million tokens need no ten million requests.
#[derive(Debug)]
struct Around {
    before: &'static [u8],
    tokens: Arc<Tokens>,
    after: &'static [u8],
    kind: Kind,
}

/// What becomes of a token on its way into a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Genuine,
    /// Its last digit is another one, and with it the MAC.
    Forged,
}

const OK: Answer = Answer::Status("200");

impl Questions {
    /// Whole requests, drawn at random; each is answered 200.
    pub(crate) fn prepared(requests: Vec<Box<[u8]>>) -> Arc<Self> {
        Arc::new(Self { requests: Requests::Prepared(requests), answer: OK })
    }

    /// Whole requests, each asked once; each is answered 200. When there are no more, the measurement ends.
    pub(crate) fn once(requests: Vec<Box<[u8]>>) -> Arc<Self> {
        Arc::new(Self { requests: Requests::Once { requests, next: AtomicUsize::new(0) }, answer: OK })
    }

    /// Questions of several kinds, each with its share of a thousand; each is answered 200.
    pub(crate) fn mixed(kinds: Vec<(usize, Arc<Self>)>) -> Arc<Self> {
        Arc::new(Self { requests: Requests::Mixed(kinds), answer: OK })
    }

    /// Checks of a gateway with a bearer drawn at random.
    pub(crate) fn checks(tokens: &Arc<Tokens>, kind: Kind, answer: Answer) -> Arc<Self> {
        Arc::new(Self { requests: Requests::Around(check_around(tokens, kind)), answer })
    }

    /// The same by the path of nginx, with what nginx says of a request that it holds.
    pub(crate) fn checks_of_nginx(tokens: &Arc<Tokens>) -> Arc<Self> {
        let before = b"GET /gateway/check/nginx/rule/default HTTP/1.1\r\nHost: vestibule.example.net\r\n\
            X-Original-Method: GET\r\nX-Original-URI: /orders/4711?page=7\r\n\
            X-Forwarded-Host: api.example.com\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n\
            Authorization: Bearer ";
        let around = Around { before, ..check_around(tokens, Kind::Genuine) };
        Arc::new(Self { requests: Requests::Around(around), answer: OK })
    }

    /// One of these questions.
    pub(crate) fn one(&self) -> Option<Vec<u8>> {
        let mut request = Vec::new();
        self.next(&mut Draw::seeded(0), &mut request).map(|()| request)
    }

    /// The same questions, each token once and in their order. When there are no more, it ends.
    pub(crate) fn each_once(tokens: &Arc<Tokens>) -> Arc<Self> {
        let around = check_around(tokens, Kind::Genuine);
        Arc::new(Self { requests: Requests::EachOnce { around, next: AtomicUsize::new(0) }, answer: OK })
    }

    /// A `GET` of Redis with a token drawn at random as the key.
    pub(crate) fn redis_get(tokens: &Arc<Tokens>) -> Arc<Self> {
        let (before, tokens) = (b"*2\r\n$3\r\nGET\r\n$64\r\n", Arc::clone(tokens));
        let around = Around { before, tokens, after: b"\r\n", kind: Kind::Genuine };
        Arc::new(Self { requests: Requests::Around(around), answer: Answer::Bulk })
    }

    /// The same questions; each is answered 401, or 503 by a server that has too much to do.
    pub(crate) fn that_is_refused(self: Arc<Self>) -> Arc<Self> {
        let requests = Requests::Mixed(vec![(1_000, self)]);
        Arc::new(Self { requests, answer: Answer::Refused })
    }

    /// The same questions, of which a server that has too much to do may turn some away.
    pub(crate) fn that_may_be_turned_away(self: Arc<Self>) -> Arc<Self> {
        let requests = Requests::Mixed(vec![(1_000, self)]);
        Arc::new(Self { requests, answer: Answer::Served })
    }

    /// Writes the next request into `to`, in place of what was there. None: every one has been asked.
    pub(super) fn next(&self, draw: &mut Draw, to: &mut Vec<u8>) -> Option<()> {
        match &self.requests {
            Requests::Prepared(requests) => put(to, requests.get(draw.below(requests.len()))?),
            Requests::Once { requests, next } => put(to, requests.get(next.fetch_add(1, Ordering::Relaxed))?),
            Requests::Around(around) => around.write(draw.below(around.tokens.len()), to)?,
            Requests::EachOnce { around, next } => around.write(next.fetch_add(1, Ordering::Relaxed), to)?,
            Requests::Mixed(kinds) => kind_of(kinds, draw.below(1_000))?.next(draw, to)?,
        }
        Some(())
    }
}

fn check_around(tokens: &Arc<Tokens>, kind: Kind) -> Around {
    let before = b"GET /gateway/check HTTP/1.1\r\nHost: vestibule.example.net\r\nAuthorization: Bearer ";
    Around { before, tokens: Arc::clone(tokens), after: b"\r\n\r\n", kind }
}

fn put(to: &mut Vec<u8>, request: &[u8]) {
    to.clear();
    to.extend_from_slice(request);
}

/// The kind that a number below a thousand falls to.
fn kind_of(kinds: &[(usize, Arc<Questions>)], number: usize) -> Option<&Questions> {
    let mut bound = 0;
    let falls = |(share, _): &&(usize, Arc<Questions>)| {
        bound += share;
        number < bound
    };
    kinds.iter().find(falls).map(|(_, questions)| &**questions)
}

impl Around {
    fn write(&self, index: usize, to: &mut Vec<u8>) -> Option<()> {
        let token = self.tokens.get(index)?;
        put(to, self.before);
        to.extend_from_slice(token);
        if self.kind == Kind::Forged {
            let last = to.last_mut()?;
            *last = if *last == b'0' { b'1' } else { b'0' };
        }
        to.extend_from_slice(self.after);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(questions: &Questions) -> Option<Vec<u8>> {
        let mut request = b"what was there".to_vec();
        questions.next(&mut Draw::seeded(1), &mut request).map(|()| request)
    }

    #[test]
    fn a_forged_token_differs_from_the_genuine_one_in_its_last_digit_only() {
        let tokens = Arc::new(Tokens::of([[b'a'; 64]]));
        let of = |kind| asked(&Questions::checks(&tokens, kind, Answer::Status("401"))).unwrap();
        let (genuine, forged) = (of(Kind::Genuine), of(Kind::Forged));
        assert!(genuine.ends_with(b"aaa\r\n\r\n") && forged.ends_with(b"aa0\r\n\r\n"));
        assert_eq!(genuine.len(), forged.len());
    }

    #[test]
    fn what_is_asked_once_runs_out() {
        let questions = Questions::once(vec![Box::from(*b"a"), Box::from(*b"b")]);
        let all: Vec<_> = std::iter::from_fn(|| asked(&questions)).collect();
        assert_eq!(all, [b"a".to_vec(), b"b".to_vec()]);
    }

    #[test]
    fn a_mixture_asks_each_kind_as_often_as_its_share_says() {
        let kind = |request: u8| Questions::prepared(vec![Box::from([request])]);
        let mixed = Questions::mixed(vec![(900, kind(b'a')), (100, kind(b'b'))]);
        let (mut draw, mut request, mut of_b) = (Draw::seeded(7), Vec::new(), 0);
        for _ in 0..10_000 {
            mixed.next(&mut draw, &mut request).unwrap();
            of_b += usize::from(request == b"b");
        }
        assert!((850..1_150).contains(&of_b), "{of_b}");
    }
}

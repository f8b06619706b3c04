//! A signed request: method, scheme, host, target, Authorization header and form, a line each; an empty line is a request without
//! it. Nobody else has the secrets: what is taken is what the seeds sign.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_oauth1::{KeySecrets, Request};

const KEY: KeySecrets<'_> = KeySecrets {
    token: "77aa1122bb33cc44dd55ee66ff008899",
    consumer_secret: "5f0c7a9b2d3e4f61",
    token_secret: "0a1b2c3d4e5f6071",
};

/// What the seeds have a signature of.
const SIGNED: [&str; 3] = [
    include_str!("../seeds/oauth1.signed/header"),
    include_str!("../seeds/oauth1.signed/query"),
    include_str!("../seeds/oauth1.signed/form"),
];

fuzz_target!(|request: &[u8]| {
    let mut lines = request.splitn(6, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let text = |line| std::str::from_utf8(line).unwrap_or_default();
    let (method, scheme, host, target) = (text(line()), text(line()), text(line()), text(line()));
    let (authorization, form) = (line(), line());
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let Ok(scheme) = scheme.parse() else { return };
    let request = Request {
        method,
        scheme,
        host,
        path,
        query,
        authorization: if authorization.is_empty() { &[] } else { &[authorization] },
        form: (!form.is_empty()).then_some(form),
    };
    match request.read() {
        Ok(Some(signed)) if signed.verify(Some(&KEY)).is_ok() => {
            let base_string = signed.base_string();
            assert!(SIGNED.contains(&base_string.as_str()), "nobody signed {base_string}");
        }
        Ok(_) => {}
        Err(problem) => assert!(problem.to_string().is_ascii()),
    }
});

//! Signatures that Python's `hmac`, `hashlib` and `urllib.parse.quote` made: they must never change.

use vestibule_oauth1::SignatureMethod::{self, HmacSha1, HmacSha256};
use vestibule_oauth1::testing::{Made, Pairs, header};

use crate::sent::{MADE, Sent, URL, client};

const USUAL: [(SignatureMethod, &str); 2] = [
    (HmacSha1, "TI2aAIF1ZsN/sVRVCrRycBbDu6Y="),
    (HmacSha256, "k+g44vdcjGUU14FbiP4A/K1N9Dsxq1DyP31kbUsGkQ0="),
];

/// The header of the usual client, with a signature that is known.
fn known(method: SignatureMethod, signature: &str) -> String {
    header(&parameters(method, signature))
}

fn parameters(method: SignatureMethod, signature: &str) -> Pairs {
    let mut client = client();
    client.method = method;
    let mut parameters = client.protocol_parameters(&MADE);
    parameters.push(("oauth_signature".to_owned(), signature.to_owned()));
    parameters
}

#[test]
fn both_methods_make_the_signatures_that_are_known() {
    for (method, signature) in USUAL {
        let sent = Sent::get(URL).with_header(&known(method, signature));
        assert_eq!(sent.refusal(&client().secrets()), None, "{method:?}");
    }
}

#[test]
fn the_signer_of_the_tests_makes_them_too() {
    for (method, signature) in USUAL {
        let mut client = client();
        client.method = method;
        assert_eq!(client.signature(&MADE, &client.protocol_parameters(&MADE)), signature);
    }
}

/// Longer than a block of the hash, and with characters that are encoded in the key.
#[test]
fn secrets_are_encoded_in_the_key() {
    let mut client = client();
    client.consumer_secret = "s&cr=t%+ é/".repeat(9);
    client.token_secret = "☃ &".to_owned();
    for (method, signature) in [
        (HmacSha1, "zUBeNgCt5GEqnDrehKkgsKzdrZg="),
        (HmacSha256, "FYK6VmDUofA/02xEjO+n+jvhQ+W3waNEQqekD+5X40Q="),
    ] {
        let sent = Sent::get(URL).with_header(&known(method, signature));
        assert_eq!(sent.refusal(&client.secrets()), None, "{method:?}");
    }
}

#[test]
fn unicode_brackets_an_encoded_path_and_a_form_are_signed_as_they_are_known() {
    for (method, signature) in [
        (HmacSha1, "yq1YhWN7tRn97BgcL1WAfUe7VpY="),
        (HmacSha256, "B6F0PguNqCiX6+AEDUauDvLqXogS1CQhAQH5Yot5C10="),
    ] {
        let url =
            "http://[2001:DB8::1]:8080/%7Ea/b%2Fc;d=1/?%E5%90%8D%E5%89%8D=%c3%9cn%C3%AF&a[]=1&a%5B%5D=*&x";
        let sent = Sent::get(url).with_header(&known(method, signature));
        let sent = Sent { method: "POST".to_owned(), form: Some("q=a%2Bb+c%2520".to_owned()), ..sent };
        assert_eq!(sent.refusal(&client().secrets()), None, "{method:?}");
    }
}

#[test]
fn a_version_may_be_absent() {
    for (method, signature) in [
        (HmacSha1, "cAewujvsS5BTUpplTR3cutvi3o0="),
        (HmacSha256, "2eEuFc6/WMDZxBa1ZzGlwjePPLN23SLuvihMaDzuRl8="),
    ] {
        let mut parameters = parameters(method, signature);
        parameters.retain(|(name, _)| name != "oauth_version");
        let sent = Sent::get("http://api.example.com").with_header(&header(&parameters));
        let sent = Sent { method: "PROPFIND".to_owned(), ..sent };
        assert_eq!(sent.refusal(&client().secrets()), None, "{method:?}");
    }
}

#[test]
fn a_method_is_signed_in_upper_case() {
    let made = Made { method: "PATCH", ..MADE };
    let sent = Sent { method: "patch".to_owned(), ..Sent::get(URL) };
    let sent = sent.with_header(&client().authorization(&made));
    assert_eq!(sent.refusal(&client().secrets()), None);
}

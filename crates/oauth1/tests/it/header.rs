//! The Authorization header as clients write it.

use vestibule_model::Millis;
use vestibule_oauth1::testing::{Pairs, encoded, header};
use vestibule_oauth1::{Part, Problem, Rejection};

use crate::sent::{NOW, Sent, URL, client, parameters, with};

fn refusal(header: &str) -> Option<Problem> {
    Sent::get(URL).with_header(header).refusal(&client().secrets())
}

#[test]
fn key_token_and_time_are_read_before_anything_is_verified() {
    let signed = with(&parameters()).signed();
    let read = (signed.consumer_key(), signed.token(), signed.timestamp());
    let client = client();
    assert_eq!(read, (&*client.consumer_key, &*client.token, Millis::from_unix(NOW * 1000)));
}

#[test]
fn parameters_may_stand_in_any_order() {
    let mut rotated = parameters();
    for _ in 0..rotated.len() {
        rotated.rotate_left(1);
        assert_eq!(with(&rotated).refusal(&client().secrets()), None);
        let reversed: Pairs = rotated.iter().rev().cloned().collect();
        assert_eq!(with(&reversed).refusal(&client().secrets()), None);
    }
}

#[test]
fn a_realm_is_not_signed_wherever_it_stands() {
    let header = header(&parameters());
    let parameters = header.strip_prefix("OAuth ").unwrap();
    for header in [
        format!("OAuth realm=\"\", {parameters}"),
        format!("OAuth realm=\"https://example.com/ 100% \\\"a\\\", b\", {parameters}"),
        format!("OAuth {parameters}, Realm=\"x\""),
        format!("OAuth realm=x, {parameters}"),
    ] {
        assert_eq!(refusal(&header), None, "{header}");
    }
}

#[test]
fn white_space_case_of_the_scheme_and_quotes_make_no_difference() {
    let usual = header(&parameters());
    for header in [
        usual.replace(", ", ","),
        usual.replace(", ", "\t , \t "),
        usual.replace("=\"", " = \""),
        usual.replace('"', ""),
        usual.replace("OAuth ", "oauth   "),
        format!("{usual},"),
    ] {
        assert_eq!(refusal(&header), None, "{header}");
    }
}

/// Both names and values are encoded (RFC 5849 §3.5.1), whichever way the client does it.
#[test]
fn what_need_not_be_encoded_may_be() {
    let usual = header(&parameters());
    for header in [
        usual.replace("oauth_nonce", "oauth%5fnonce"),
        usual.replace("7d8f3e4a", "%37d8f3e4%61"),
        usual.replace("HMAC-SHA1", "HMAC%2dSHA1"),
    ] {
        assert_eq!(refusal(&header), None, "{header}");
    }
}

#[test]
fn a_signature_whose_base64_is_not_encoded_is_taken() {
    let signature = parameters().pop().unwrap().1;
    let header = header(&parameters()).replace(&encoded(&signature), &signature);
    assert!(header.contains("=\""), "{header}");
    assert_eq!(refusal(&header), None, "{header}");
}

#[test]
fn a_parameter_of_another_protocol_in_the_header_is_signed() {
    let usual = header(&parameters());
    assert_eq!(refusal(&format!("{usual}, scope=\"read\"")), Some(Problem::SignatureInvalid));
}

#[test]
fn a_header_out_of_its_syntax_is_refused() {
    let usual = header(&parameters());
    let malformed = Problem::ParameterRejected(Rejection::Malformed(Part::Authorization));
    for header in [
        usual.strip_suffix('"').unwrap().to_owned(),
        usual.replace(", ", " "),
        usual.replace(", ", ";"),
        format!("{usual}, x"),
        usual.replace("7d8f3e4a", "7d%8f%"),
        usual.replace("oauth_nonce", "oauth%5nonce"),
    ] {
        assert_eq!(refusal(&header), Some(malformed.clone()), "{header}");
    }
}

#[test]
fn several_headers_are_refused_where_one_is_signed() {
    let sent = with(&parameters());
    let other = |header: &str| {
        let mut sent = sent.clone();
        sent.authorization.push(header.to_owned());
        let behind = sent.refusal(&client().secrets());
        sent.authorization.reverse();
        assert_eq!(sent.refusal(&client().secrets()), behind);
        behind
    };
    let refused = Some(Problem::ParameterRejected(Rejection::SeveralHeaders));
    for header in ["Bearer 0123", "OAuth", "", &sent.authorization[0]] {
        assert_eq!(other(header), refused, "{header}");
    }
}

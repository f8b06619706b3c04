//! How much is read.

use std::iter::repeat_n;

use vestibule_oauth1::testing::{Made, header};
use vestibule_oauth1::{
    MAX_AUTHORIZATION_BYTES, MAX_FORM_BYTES, MAX_PARAMETERS, MAX_PROTOCOL_PARAMETERS, MAX_TARGET_BYTES, Part,
    Problem, Rejection,
};

use crate::sent::{MADE, Sent, URL, client, parameters, with};

fn refusal(sent: &Sent) -> Option<Problem> {
    sent.refusal(&client().secrets())
}

/// Whether that is what it is refused for.
fn is_too_long(sent: &Sent, part: Part) -> bool {
    refusal(sent) == Some(Problem::ParameterRejected(Rejection::TooLong(part)))
}

const TOO_MANY: Option<Problem> = Some(Problem::ParameterRejected(Rejection::TooMany));

#[test]
fn a_header_has_4_kib_at_most() {
    assert_eq!(MAX_AUTHORIZATION_BYTES, 4096);
    let usual = header(&parameters());
    // Behind the scheme.
    let room = MAX_AUTHORIZATION_BYTES - (usual.len() - "OAuth".len());
    let sent = |padding: usize| Sent::get(URL).with_header(&format!("{usual}{}", " ".repeat(padding)));
    assert_eq!(refusal(&sent(room)), None);
    assert!(is_too_long(&sent(room + 1), Part::Authorization));
}

#[test]
fn a_path_and_a_query_have_16_kib_each() {
    assert_eq!(MAX_TARGET_BYTES, 16_384);
    let path = format!("/{}", "a".repeat(MAX_TARGET_BYTES - 1));
    let made = Made { uri: &format!("https://api.example.com{path}"), ..MADE };
    let sent = Sent { path: path.clone(), ..Sent::get(URL) }.with_header(&client().authorization(&made));
    assert_eq!(refusal(&sent), None);
    assert!(is_too_long(&Sent { path: path + "a", ..sent }, Part::Path));

    let value = "☃".repeat((MAX_TARGET_BYTES - 2) / 9);
    let made = Made { parameters: &[("a", &value)], ..MADE };
    let query = format!("a={}", vestibule_oauth1::testing::encoded(&value));
    let padding = "&".repeat(MAX_TARGET_BYTES - query.len());
    let sent = Sent { query: Some(query + &padding), ..Sent::get(URL) };
    let sent = sent.with_header(&client().authorization(&made));
    assert_eq!(refusal(&sent), None);
    let query = sent.query.clone().unwrap() + "&";
    assert!(is_too_long(&Sent { query: Some(query), ..sent }, Part::Query));
}

#[test]
fn a_method_and_a_host_are_not_longer_either() {
    let long = "a".repeat(MAX_TARGET_BYTES + 1);
    let sent = with(&parameters());
    assert!(is_too_long(&Sent { method: long.clone(), ..sent.clone() }, Part::Method));
    assert!(is_too_long(&Sent { host: long, ..sent }, Part::Host));
}

#[test]
fn a_form_has_32_kib_at_most() {
    assert_eq!(MAX_FORM_BYTES, 32_768);
    let form = "&".repeat(MAX_FORM_BYTES);
    let sent = Sent { form: Some(form.clone()), ..with(&parameters()) };
    assert_eq!(refusal(&sent), None);
    assert!(is_too_long(&Sent { form: Some(form + "&"), ..sent }, Part::Form));
}

#[test]
fn there_are_512_parameters_at_most_wherever_they_stand() {
    let signed = |in_query: usize, in_form: usize| {
        let pairs: Vec<(&str, &str)> = repeat_n(("a", "1"), in_query + in_form).collect();
        let made = Made { parameters: &pairs, ..MADE };
        let text = |count| repeat_n("a=1", count).collect::<Vec<_>>().join("&");
        Sent { query: Some(text(in_query)), form: Some(text(in_form)), ..Sent::get(URL) }
            .with_header(&client().authorization(&made))
    };
    let room = MAX_PARAMETERS - parameters().len();
    assert_eq!(refusal(&signed(room, 0)), None);
    assert_eq!(refusal(&signed(room - 200, 200)), None);
    assert_eq!(refusal(&signed(room + 1, 0)), TOO_MANY);
    assert_eq!(refusal(&signed(room - 200, 201)), TOO_MANY);
}

#[test]
fn g5_there_are_16_protocol_parameters_at_most() {
    let with_others = |count: usize| {
        let mut parameters = client().protocol_parameters(&MADE);
        parameters.extend((0..count).map(|number| (format!("oauth_{number}"), String::new())));
        let signature = client().signature(&MADE, &parameters);
        parameters.push(("oauth_signature".to_owned(), signature));
        with(&parameters)
    };
    let room = MAX_PROTOCOL_PARAMETERS - parameters().len();
    assert_eq!(refusal(&with_others(room)), None);
    assert_eq!(refusal(&with_others(room + 1)), TOO_MANY);
}

#[test]
fn what_is_not_signed_has_no_bounds_here() {
    let long = format!("https://api.example.com/?{}", "a=1&".repeat(MAX_TARGET_BYTES));
    let sent = Sent { form: Some("x=1&".repeat(MAX_FORM_BYTES)), ..Sent::get(&long) };
    assert!(sent.with_header("Bearer 0123").read().unwrap().is_none());
}

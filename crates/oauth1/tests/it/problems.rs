//! The text of each refusal: contract liveperson §3, and the OAuth Problem Reporting extension for what says more.

use vestibule_oauth1::testing::header;
use vestibule_oauth1::{Part, Problem, Rejection};

use crate::sent::{Sent, URL, client, parameters};

#[test]
fn the_texts_of_the_contract_are_told_to_the_letter() {
    assert_eq!(
        Problem::SignatureInvalid.to_string(),
        "oauth_problem=signature_invalid&oauth_problem_advice=the oauth_signature is invalid"
    );
    assert_eq!(
        Problem::TokenRejected.to_string(),
        "oauth_problem=token_rejected&oauth_problem_advice=the oauth_token is unacceptable to the Service Provider"
    );
}

#[test]
fn their_siblings_are_told_alike() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (problem, text) in [
        (
            Problem::ConsumerKeyUnknown,
            "consumer_key_unknown&oauth_problem_advice=the oauth_consumer_key is unknown to the Service Provider",
        ),
        (
            Problem::TimestampRefused { earliest: 100, latest: 700 },
            "timestamp_refused&oauth_problem_advice=the oauth_timestamp is unacceptable to the Service Provider\
             &oauth_acceptable_timestamps=100-700",
        ),
        (
            Problem::NonceUsed,
            "nonce_used&oauth_problem_advice=the oauth_nonce was used in a previous request",
        ),
        (
            Problem::ParameterAbsent(vec!["oauth_token", "oauth_nonce"]),
            "parameter_absent&oauth_problem_advice=a required parameter is absent\
             &oauth_parameters_absent=oauth_token%26oauth_nonce",
        ),
        (
            Problem::ParameterRejected(Rejection::Repeated(names(&["oauth_nonce", "oauth_é&"]))),
            "parameter_rejected&oauth_problem_advice=a protocol parameter is repeated\
             &oauth_parameters_rejected=oauth_nonce%26oauth_%25C3%25A9%2526",
        ),
        (
            Problem::ParameterRejected(Rejection::InSeveralPlaces(names(&["oauth_nonce"]))),
            "parameter_rejected&oauth_problem_advice=protocol parameters are in more than one place\
             &oauth_parameters_rejected=oauth_nonce",
        ),
        (
            Problem::ParameterRejected(Rejection::Value("oauth_timestamp")),
            "parameter_rejected&oauth_problem_advice=the oauth_timestamp is malformed\
             &oauth_parameters_rejected=oauth_timestamp",
        ),
        (
            Problem::ParameterRejected(Rejection::Malformed(Part::Authorization)),
            "parameter_rejected&oauth_problem_advice=the Authorization header is malformed",
        ),
        (
            Problem::ParameterRejected(Rejection::TooLong(Part::Query)),
            "parameter_rejected&oauth_problem_advice=the query is longer than 16384 bytes",
        ),
        (
            Problem::VersionRejected,
            "version_rejected&oauth_problem_advice=the oauth_version is unacceptable to the Service Provider\
             &oauth_acceptable_versions=1.0-1.0",
        ),
        (
            Problem::SignatureMethodRejected,
            "signature_method_rejected&oauth_problem_advice=the oauth_signature_method is unacceptable to the Service Provider",
        ),
    ] {
        assert_eq!(problem.to_string(), format!("oauth_problem={text}"));
    }
}

/// What a client chose stands in no answer but encoded.
#[test]
fn no_text_has_a_line_break_or_a_separator_of_a_clients() {
    let header = format!("{}, oauth_x%0D%0A=\"1\", oauth_x%0D%0A=\"2\"", header(&parameters()));
    let text = Sent::get(URL).with_header(&header).read().unwrap_err().to_string();
    assert!(text.ends_with("&oauth_parameters_rejected=oauth_x%250D%250A"), "{text}");
}

#[test]
fn every_parameter_that_is_absent_is_named() {
    let required = [
        "oauth_consumer_key",
        "oauth_token",
        "oauth_signature_method",
        "oauth_signature",
        "oauth_timestamp",
        "oauth_nonce",
    ];
    for name in required {
        let mut parameters = parameters();
        parameters.retain(|(known, _)| known != name);
        let sent = Sent::get(URL).with_header(&header(&parameters));
        assert_eq!(sent.refusal(&client().secrets()), Some(Problem::ParameterAbsent(vec![name])));
    }
    for header in ["OAuth", "OAuth realm=\"x\"", "OAuth x=\"y\""] {
        let refusal = Sent::get(URL).with_header(header).refusal(&client().secrets());
        assert_eq!(refusal, Some(Problem::ParameterAbsent(required.to_vec())), "{header}");
    }
}

//! Whatever is sent is read without a panic, and read alike, whoever asks and by whichever parser it came.

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const ID: &str = "38de9bcc-7425-4392-b821-99026632c369";

fn parsed<'a>(lines: &'a [(&'a str, &'a str)]) -> Vec<httparse::Header<'a>> {
    lines.iter().map(|(name, value)| httparse::Header { name, value: value.as_bytes() }).collect()
}

fn bearer_in(lines: &[(&str, &str)]) -> Option<String> {
    bearer(Headers::Parsed(&parsed(lines))).map(str::to_owned)
}

fn token_in(lines: &[(&str, &str)], header: TokenHeader) -> Option<String> {
    application_token(Headers::Parsed(&parsed(lines)), header).map(str::to_owned)
}

#[test]
fn a_bearer_is_read_in_any_case_and_with_spaces_around_it() {
    for value in ["Bearer a", "bearer a", "BEARER   a", "bEaReR a "] {
        assert_eq!(bearer_in(&[("authorization", value)]).as_deref(), Some("a"), "{value}");
    }
    for value in ["", "Bearer", "Basic a", "Bearera", "Bearer\ta", "a"] {
        assert_eq!(bearer_in(&[("authorization", value)]), None, "{value}");
    }
}

#[test]
fn a_header_with_one_value_counts_once_however_often_it_stands_there() {
    let (a, b) = (("authorization", "Bearer a"), ("Authorization", "Bearer b"));
    assert_eq!(bearer_in(&[a, a]).as_deref(), Some("a"));
    assert_eq!(bearer_in(&[a, b]), None);
    assert_eq!(bearer_in(&[a, ("authorization", "")]), None);
}

#[test]
fn g4_values_that_are_joined_by_commas_contradict_whatever_stands_beside_them() {
    let cookie = ("cookie", "session_id=0123456789012345678901234567890123456789012345678901234567890123");
    for (name, value, header) in [
        ("authorization", "Bearer a,Bearer b", "Authorization"),
        ("authorization", "Bearer a, Basic b", "Authorization"),
        ("lv-session", "38de9bcc-7425-4392-b821-99026632c369,x", "LV-Session"),
    ] {
        let lines = [cookie, (name, value)];
        let headers = parsed(&lines);
        let presented = PresentedCredentials::of(Headers::Parsed(&headers));
        assert_eq!(presented.credentials().unwrap_err(), Contradiction::Joined(header), "{value}");
    }
    // Other schemes have commas, and are none of ours.
    let headers = [("authorization", r#"Digest a="b", c="d""#)];
    let headers = parsed(&headers);
    let presented = PresentedCredentials::of(Headers::Parsed(&headers));
    assert_eq!(presented.credentials().map(|found| found.bearer), Ok(None));
}

#[test]
fn an_empty_access_is_an_absent_one_where_a_bearer_may_stand_for_it() {
    let (access, empty) = (("lv-access", "t"), ("lv-access", ""));
    let bearer = ("authorization", "bearer b");
    let both = TokenHeader::AccessOrBearer;
    assert_eq!(token_in(&[access, bearer], both).as_deref(), Some("t"));
    assert_eq!(token_in(&[empty, bearer], both).as_deref(), Some("b"));
    assert_eq!(token_in(&[bearer], both).as_deref(), Some("b"));
    assert_eq!(token_in(&[empty, bearer], TokenHeader::Access), None);
    assert_eq!(token_in(&[access, ("LV-Access", "u"), bearer], both), None);
}

#[test]
fn the_kind_is_that_of_what_counts_first() {
    let (ours, theirs) = (("authorization", "Bearer ours"), ("authorization", "Bearer theirs"));
    let livevox = ("lv-session", "no id");
    let cookie = ("cookie", "session_id=0123456789012345678901234567890123456789012345678901234567890123");
    let kind_of = |lines: &[(&str, &str)]| {
        let headers = parsed(lines);
        let headers = Headers::Parsed(&headers);
        let kind = |shown: PresentedCredentials<'_>| shown.kind(|bearer| bearer == "ours");
        let of_target = PresentedCredentials::for_target(headers, "/ws_api/account/1/messaging/brand/a");
        (kind(PresentedCredentials::of(headers)), kind(of_target))
    };
    let both = |kind| (kind, kind);
    assert_eq!(kind_of(&[cookie, livevox, ours]), both(PresentedKind::Bearer));
    assert_eq!(kind_of(&[cookie, livevox, theirs]), both(PresentedKind::LivevoxId));
    assert_eq!(kind_of(&[cookie, theirs]), both(PresentedKind::Bearer));
    assert_eq!(kind_of(&[cookie]), both(PresentedKind::Cookie));
    assert_eq!(kind_of(&[("lv-access", "t")]), (PresentedKind::None, PresentedKind::Bearer));
}

/// Header lines among which every rule finds something.
fn lines() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let name = select(vec!["authorization", "lv-session", "lv-access", "cookie"]);
    let value = prop_oneof![
        select(vec!["Bearer a", "Bearer b", "Basic a", "Bearer", "", ID, "t"])
            .prop_map(|text| text.as_bytes().to_vec()),
        proptest::collection::vec(
            any::<u8>().prop_filter("a header's value", |byte| *byte >= b' ' && *byte != 127),
            0..20
        ),
    ];
    proptest::collection::vec((name, value), 0..6)
}

/// All that is read of some headers.
fn reading(headers: Headers<'_>) -> String {
    let shown = PresentedCredentials::for_target(headers, "/ws_api/account/1/messaging/brand/a");
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        shown.credentials(),
        shown.account(),
        shown.kind(|bearer| bearer == "a"),
        PresentedCredentials::of(headers).credentials(),
        bearer(headers),
        application_token(headers, TokenHeader::AccessOrBearer)
    )
}

proptest! {
    #[test]
    fn it_does_not_matter_who_parsed_the_headers(lines in lines()) {
        let map: HeaderMap = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap()))
            .collect();
        let parsed: Vec<_> = lines.iter().map(|(name, value)| httparse::Header { name, value }).collect();
        prop_assert_eq!(reading(Headers::Map(&map)), reading(Headers::Parsed(&parsed)));
    }

    #[test]
    fn the_case_of_a_scheme_does_not_matter(token in "[ -~]{0,20}", upper in proptest::collection::vec(any::<bool>(), 6)) {
        let scheme: String = "bearer".chars().zip(upper).map(|(letter, upper)| {
            if upper { letter.to_ascii_uppercase() } else { letter }
        }).collect();
        let (usual, odd) = (format!("Bearer {token}"), format!("{scheme} {token}"));
        let read = |value: &str| reading(Headers::Parsed(&parsed(&[("authorization", value)])));
        prop_assert_eq!(read(&usual), read(&odd));
    }

    /// Administration, self-service, the gateway and a LiveVox login take the same token from `Authorization`, or none.
    #[test]
    fn all_who_read_a_bearer_read_the_same(values in proptest::collection::vec("(?i:bearer|basic) ?[ab]?", 0..3)) {
        let lines: Vec<_> = values.iter().map(|value| ("authorization", value.as_str())).collect();
        let headers = parsed(&lines);
        let headers = Headers::Parsed(&headers);
        let administration = bearer(headers);
        let (gateway, own) =
            (PresentedCredentials::for_target(headers, "/"), PresentedCredentials::of(headers));
        prop_assert_eq!(application_token(headers, TokenHeader::AccessOrBearer), administration);
        prop_assert_eq!(gateway.credentials().ok().and_then(|it| it.bearer), administration);
        prop_assert_eq!(own.credentials().ok().and_then(|it| it.bearer), administration);
    }
}

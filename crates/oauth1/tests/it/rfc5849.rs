//! The examples of RFC 5849, letter by letter.

use vestibule_oauth1::KeySecrets;

use crate::sent::Sent;

/// §1.2: the temporary credentials `hh5s93j4hdidpola`, the token `nnch734d00sl2jdk`.
const CONSUMER_SECRET: &str = "kd94hf93k423kf44";

#[test]
fn the_photo_of_section_1_2_is_taken() {
    let sent = Sent::get("http://photos.example.net/photos?file=vacation.jpg&size=original").with_header(
        r#"OAuth realm="Photos",
        oauth_consumer_key="dpf43f3p2l4k3l03",
        oauth_token="nnch734d00sl2jdk",
        oauth_signature_method="HMAC-SHA1",
        oauth_timestamp="137131202",
        oauth_nonce="chapoH",
        oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D""#
            .replace('\n', " ")
            .as_str(),
    );
    let key = KeySecrets {
        token: "nnch734d00sl2jdk",
        consumer_secret: CONSUMER_SECRET,
        token_secret: "pfkkdhi9sl3r4s00",
    };
    assert_eq!(sent.refusal(&key), None);
}

/// The request for a token, which has temporary credentials in place of a token.
#[test]
fn the_request_for_a_token_of_section_1_2_is_taken_though_it_asks_over_tls() {
    let mut sent = Sent::get("https://photos.example.net/token").with_header(
        r#"OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="hh5s93j4hdidpola", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="walatlh", oauth_verifier="hfdp7dh39dks9884", oauth_signature="gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D""#,
    );
    sent.method = "POST".to_owned();
    let key = KeySecrets {
        token: "hh5s93j4hdidpola",
        consumer_secret: CONSUMER_SECRET,
        token_secret: "hdhd0244k9j7ao03",
    };
    assert_eq!(sent.refusal(&key), None);
}

/// §3.4.1.1, with the parameters of §3.4.1.3.1.
fn example_of_section_3() -> Sent {
    let header = r#"OAuth realm="Example",
        oauth_consumer_key="9djdj82h48djs9d2",
        oauth_token="kkk9d7dh3k39sjv7",
        oauth_signature_method="HMAC-SHA1",
        oauth_timestamp="137131201",
        oauth_nonce="7d8f3e4a",
        oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D""#;
    let sent = Sent::get("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
    let sent = sent.with_header(&header.replace('\n', " "));
    Sent { method: "POST".to_owned(), form: Some("c2&a3=2+q".to_owned()), ..sent }
}

#[test]
fn the_base_string_of_section_3_4_1_1_is_as_it_says() {
    let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q\
                    %26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_\
                    key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_m\
                    ethod%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk\
                    9d7dh3k39sjv7";
    assert_eq!(example_of_section_3().signed().base_string(), expected);
}

/// §3.4.1.2: what is signed of an address.
#[test]
fn the_base_string_uris_of_section_3_4_1_2_are_as_they_say() {
    for (url, uri) in [
        ("http://EXAMPLE.COM:80/r%20v/X?id=123", "http%3A%2F%2Fexample.com%2Fr%2520v%2FX"),
        ("https://www.example.net:8080/?q=1", "https%3A%2F%2Fwww.example.net%3A8080%2F"),
        ("https://www.example.net", "https%3A%2F%2Fwww.example.net%2F"),
        ("https://www.example.net:443/a", "https%3A%2F%2Fwww.example.net%2Fa"),
        ("https://www.example.net:80/a", "https%3A%2F%2Fwww.example.net%3A80%2Fa"),
        ("http://www.example.net:443/a", "http%3A%2F%2Fwww.example.net%3A443%2Fa"),
        ("http://[2001:DB8::80]:80/;x=a,b", "http%3A%2F%2F%5B2001%3Adb8%3A%3A80%5D%2F%3Bx%3Da%2Cb"),
    ] {
        let sent = Sent { authorization: example_of_section_3().authorization, ..Sent::get(url) };
        let base_string = sent.signed().base_string();
        assert_eq!(base_string.split('&').nth(1), Some(uri), "{url}");
    }
}

/// §3.4.1.3.1 decodes what §3.6 encodes: a plus is a space in a query and in a form, and a plus in a header.
#[test]
fn a_plus_is_read_as_its_place_has_it() {
    let sent = example_of_section_3();
    let authorization = vec![sent.authorization[0].replace("7d8f3e4a", "7d+8f")];
    let sent = Sent { query: Some("a=1+2%2B3".to_owned()), form: None, authorization, ..sent };
    let base_string = sent.signed().base_string();
    assert!(base_string.contains("a%3D1%25202%252B3"), "{base_string}");
    assert!(base_string.contains("oauth_nonce%3D7d%252B8f"), "{base_string}");
}

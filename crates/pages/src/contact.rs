//! Whom to ask, and where a link leads that asks them.

/// The address that a text is, if it is one: `mailto:` for an address for mail, itself for one of https. Any other text is
/// shown as the words that it is: no other kind of address is ever linked.
pub(crate) fn link(contact: &str) -> Option<String> {
    if is_mail(contact) {
        return Some(format!("mailto:{contact}"));
    }
    is_https(contact).then(|| contact.to_owned())
}

fn is_mail(contact: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte))
    };
    contact.split_once('@').is_some_and(|(local, host)| is_plain(local) && is_plain(host))
}

/// A host with what may follow it (RFC 3986), without user information.
fn is_https(contact: &str) -> bool {
    let Some(rest) = contact.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    !host.is_empty() && is_host && rest.bytes().all(may_stand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_linked() {
        let linked = |text| link(text).unwrap_or_default();
        assert_eq!(linked("help.desk+login@acme.example"), "mailto:help.desk+login@acme.example");
        let address = "https://help.acme.example:8443/reset?for=name&x=(1)#top";
        assert_eq!(linked(address), address);
    }

    #[test]
    fn a7_nothing_else_is() {
        for text in [
            "",
            "the service desk, extension 4711",
            "help@",
            "@acme.example",
            "a@b@c",
            "help@acme.example?cc=x@y",
            "http://acme.example",
            "HTTPS://acme.example",
            "https://",
            "https:///path",
            "https://name:word@evil.example/",
            "https://acme.example/ and more",
            "https://acme.example/\"onclick=",
            "https://acme.example\\@evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "mailto:help@acme.example",
            "//acme.example",
        ] {
            assert_eq!(link(text), None, "{text}");
        }
    }
}

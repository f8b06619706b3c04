//! Digests by which what identity providers send is remembered: what counts once, whom it names, which session there it is of.

use sha2::{Digest as _, Sha256};
use vestibule_model::{AccountId, ConnectionId};

/// The id of an assertion, which is unique at its issuer.
pub(super) fn of_assertion(account: AccountId, issuer: &str, id: &str) -> [u8; 32] {
    digest("saml assertion", &[account.as_str().as_bytes(), issuer.as_bytes(), id.as_bytes()])
}

/// What is signed of an ID token.
pub(super) fn of_id_token(account: AccountId, signed: &[u8; 32]) -> [u8; 32] {
    digest("id token", &[account.as_str().as_bytes(), signed])
}

/// The id of a logout, which is unique at its issuer.
pub(super) fn of_logout(account: AccountId, issuer: &str, id: &str) -> [u8; 32] {
    digest("logout", &[account.as_str().as_bytes(), issuer.as_bytes(), id.as_bytes()])
}

/// Whom an identity provider names.
pub(super) fn of_subject(connection: ConnectionId, subject: &str) -> [u8; 32] {
    digest("federated subject", &[&connection.0.to_be_bytes(), subject.as_bytes()])
}

/// A session at an identity provider.
pub(super) fn of_session(connection: ConnectionId, session: &str) -> [u8; 32] {
    digest("federated session", &[&connection.0.to_be_bytes(), session.as_bytes()])
}

/// Of parts that cannot be told apart otherwise than they were.
fn digest(kind: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in std::iter::once(kind.as_bytes()).chain(parts.iter().copied()) {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_any_part_or_kind_has_another_digest() {
        let (one, other): (AccountId, AccountId) = ("a".parse().unwrap(), "ab".parse().unwrap());
        let all = [
            of_assertion(one, "bc", "d"),
            of_assertion(one, "b", "cd"),
            of_assertion(other, "c", "d"),
            of_logout(one, "bc", "d"),
            of_subject(ConnectionId(1), "x"),
            of_subject(ConnectionId(2), "x"),
            of_session(ConnectionId(1), "x"),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}

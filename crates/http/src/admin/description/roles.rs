//! Who may call an operation: in words, and as the names of roles beside the security scheme, where OpenAPI 3.1 has them.
//!
//! The rule is the engine's (`auth/src/administration/caller.rs`). That the description agrees with it, operation for operation, is what
//! `tests/admin/coverage.rs` sees to.

use http::Method;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::SecurityRequirement;

/// Whom an operation is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Anybody,
    /// Every administrator, also one who has to set up a second factor first.
    Oneself,
    EveryAdministrator,
    ReadsInstallation,
    WritesInstallation,
    Reads,
    Writes,
}

const SCHEME: &str = "bearer";

impl Who {
    /// Of an operation, by what it is about and whether it changes that.
    pub(super) fn of(operation: &Operation, method: &Method, path: &str) -> Self {
        if operation.security.is_none() {
            return Self::Anybody;
        }
        let of_installation = [
            "/admin/v1/administrators",
            "/admin/v1/administration-tokens",
            "/admin/v1/master-keys",
            "/admin/v1/signing-keys",
            "/admin/v1/gateway-rules",
            "/admin/v1/addresses",
            "/admin/v1/traffic",
        ];
        let is_read = method == Method::GET || ["/admin/v1/why", "/admin/v1/search"].contains(&path);
        match path {
            "/admin/v1/logout" => Self::Oneself,
            _ if path.starts_with("/admin/v1/second-factor") => Self::Oneself,
            "/admin/v1/policies" => Self::EveryAdministrator,
            _ if of_installation.iter().any(|prefix| path.starts_with(prefix)) && is_read => {
                Self::ReadsInstallation
            }
            _ if of_installation.iter().any(|prefix| path.starts_with(prefix)) => Self::WritesInstallation,
            "/admin/v1/accounts" if method == Method::POST => Self::WritesInstallation,
            "/admin/v1/sessions" | "/admin/v1/accounts/{account}" if method == Method::DELETE => {
                Self::WritesInstallation
            }
            // Of whom somebody's identity provider says what.
            _ if path.ends_with("/tests/{test}") => Self::Writes,
            // Of whoever began it, who may.
            _ if path.starts_with("/admin/v1/session-ends") => Self::Writes,
            _ if is_read => Self::Reads,
            _ => Self::Writes,
        }
    }

    /// Whether there are administrators who may not call it, not about everything, or not before they have a second factor.
    pub(super) const fn is_limited(self) -> bool {
        !matches!(self, Self::Anybody | Self::Oneself)
    }

    const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Anybody => &[],
            Self::Oneself | Self::EveryAdministrator | Self::Reads => &["owner", "administrator", "auditor"],
            Self::ReadsInstallation => &["owner", "auditor"],
            Self::WritesInstallation => &["owner"],
            Self::Writes => &["owner", "administrator"],
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Anybody => "Anybody: it needs no credential.",
            Self::Oneself => "Every administrator, also before the second factor that there has to be.",
            Self::EveryAdministrator => "Every administrator.",
            Self::ReadsInstallation => "Owners, and auditors of everything.",
            Self::WritesInstallation => "Owners.",
            Self::Reads => {
                "Owners and auditors of everything; administrators and auditors of an account, for that account."
            }
            Self::Writes => "Owners; administrators of an account, for that account.",
        }
    }
}

/// Says who may call the operation.
pub(super) fn tell(operation: &mut Operation, who: Who) {
    let words = format!("**Who may:** {}", who.words());
    operation.description = Some(match operation.description.take().filter(|text| !text.is_empty()) {
        Some(text) => format!("{text}\n\n{words}"),
        None => words,
    });
    if who != Who::Anybody {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, who.roles().iter().copied())]);
    }
}

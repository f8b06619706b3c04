//! What a test of a connection tells, on the wire.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_auth::TestReport;
use vestibule_model::Utc;

/// What came, what was checked in which order, and what would have been refused. Nobody is logged in, and nothing is used up.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionTestReport)]
pub(in crate::admin) struct Report {
    /// Whether it would be taken.
    taken: bool,
    /// The login name of the user whom it would log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Every check, in order; behind one without which nothing can be known there are no more.
    checks: Vec<Check>,
    /// The signatures, and what each covers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signatures: Vec<Signature>,
    /// What it says, as far as something signed covers it.
    claims: Vec<Claim>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionCheck)]
struct Check {
    /// Its name.
    #[serde(rename = "check")]
    name: String,
    /// What was found.
    found: String,
    /// Why it refuses the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionSignature)]
struct Signature {
    /// The element that it stands in, and is meant to cover.
    element: String,
    algorithm: String,
    /// By what it is right: the SHA-256 of a certificate, or the id of a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flaw: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionClaim)]
struct Claim {
    name: String,
    /// As they came; times of SAML in milliseconds since 1970.
    values: Vec<String>,
    /// The point in time that it says, by ISO 8601 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

impl From<TestReport> for Report {
    fn from(report: TestReport) -> Self {
        let check = |step: vestibule_auth::TestStep| Check {
            name: step.check,
            found: step.found,
            refusal: step.refusal,
            fix: step.fix,
        };
        let signature = |one: vestibule_model::Signature| Signature {
            element: one.element,
            algorithm: one.algorithm,
            verified_by: one.verified_by,
            flaw: one.flaw,
        };
        let claim = |one: vestibule_model::Claim| Claim {
            name: one.name,
            values: one.values,
            time: one.time.map(|time| Utc(time).to_string()),
        };
        Self {
            taken: report.taken,
            user: report.user,
            checks: report.steps.into_iter().map(check).collect(),
            signatures: report.signatures.into_iter().map(signature).collect(),
            claims: report.claims.into_iter().map(claim).collect(),
        }
    }
}

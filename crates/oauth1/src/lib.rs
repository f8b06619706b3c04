//! Signed requests of OAuth 1.0 (RFC 5849) for a server that verifies them: bytes in, decision out. No I/O, no clock, no memory of
//! what was seen.
//!
//! [`Request`] is what came, and [`Request::read`] says whether it is signed, by which key and when. Whoever knows the key has
//! [`Signed::verify`] compare the signature, and [`Verified::single_use`] compare the time. That a request counts once is the
//! caller's: it has to consume what [`SingleUse`] names. A [`Problem`] is what clients are told, in the words of contract
//! liveperson §3.
//!
//! What it withstands (ATTACKS G5): protocol parameters that stand there twice or in several places, methods that prove nothing
//! (`PLAINTEXT`), another key's token, times out of the window, encodings that two readers read in two ways, and requests that
//! are long. What a signature does not cover, as RFC 5849 has it: a body that is no form, the order of parameters of different
//! names, and whether a parameter stood in the query or in the form (§3.4.1.3.2).

mod authorization;
mod encoding;
mod parameters;
mod problem;
mod protocol;
mod request;
mod signed;
#[cfg(feature = "testing")]
pub mod testing;
mod window;

pub use authorization::is_oauth;
pub use problem::{Part, Problem, Rejection};
pub use request::{
    MAX_AUTHORIZATION_BYTES, MAX_FORM_BYTES, MAX_PARAMETERS, MAX_PROTOCOL_PARAMETERS, MAX_TARGET_BYTES,
    Request, Scheme, is_form,
};
pub use signed::{KeySecrets, SignatureMethod, Signed, Verified};
pub use window::{SingleUse, TOLERANCE, Window};

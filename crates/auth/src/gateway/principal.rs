//! Whom a rule of the gate lets through: the holder of a session, or an application in its own name.

use vestibule_model::Application;

use crate::authorize::Granted;
use crate::directory::AccountFacts;

/// Who is let through.
#[derive(Clone, Copy)]
pub enum Principal<'a> {
    /// The user whose session it is.
    Session(Granted<'a>),
    /// An application, for no user.
    Application(ApplicationPrincipal<'a>),
}

/// An application that proved itself with this request alone.
#[derive(Clone, Copy)]
pub struct ApplicationPrincipal<'a> {
    /// Whose it is.
    pub account: &'a AccountFacts,
    /// Which it is.
    pub application: Application,
    /// How it proved itself.
    pub method: ApplicationMethod,
}

/// How an application proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationMethod {
    /// An API key signed the request (RFC 5849).
    ApiKeySignature,
    /// An OAuth client shows a token that it got in its own name.
    OauthClientToken,
}

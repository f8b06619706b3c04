//! Logging in by a SAML assertion, in a response or by itself.

use std::sync::Arc;

use vestibule_model::{AccountId, AuthenticationMethod, Means, Millis, Refusal};
use vestibule_saml::{Arrival, Check, Report, Unsolicited, examine};

use super::FederatedAttempt;
use super::link;
use super::{Told, Vouched, digests, once};
use crate::audit::Attempt;
use crate::directory::{AccountEntry, ServiceAddresses, UsableConnection};
use crate::log_in::{LogIn, LogInError, LoggedIn};
use crate::open::FederatedOrigin;
use crate::recognise::Proof;
use crate::second_factor::FirstStep;
use crate::service::Auth;
use crate::work_pool::Overloaded;

/// How many connections a message that names none is tried with: each costs the verification of a signature.
const MOST_TRIED: usize = 3;

/// What says where this service takes what is meant for the connection of a name.
pub type AddressesByName = Box<dyn Fn(&str) -> ServiceAddresses + Send>;

/// What somebody shows who logs in so.
pub struct ShownAssertion {
    /// A response or an assertion, in base64.
    pub document: String,
    /// The connection, by its name; None: the account's that has the issuer.
    pub connection: Option<String>,
    /// Where this service takes what is meant for the connection of a name.
    pub addresses: AddressesByName,
    /// The attempt that this very browser made; None: it made none.
    pub attempt: Option<FederatedAttempt>,
}

/// What is to be examined, by one connection or another.
pub(super) struct Candidate {
    usable: Arc<UsableConnection>,
    expected: vestibule_saml::Connection,
}

impl Candidate {
    /// A connection as it is examined by, whether or not it is enabled; None: it speaks another protocol.
    pub(super) fn of(usable: &Arc<UsableConnection>, addresses: &AddressesByName) -> Option<Self> {
        let expected = usable.saml(&addresses(&usable.connection.name))?;
        Some(Self { usable: Arc::clone(usable), expected })
    }
}

impl Auth {
    /// Logs a user in by an assertion. Whatever is wrong with it, the answer is the same.
    pub async fn log_in_by_assertion(
        self: &Arc<Self>,
        at: LogIn,
        shown: ShownAssertion,
    ) -> Result<LoggedIn, LogInError> {
        let attempt = Attempt::to_log_in(at, Means::Saml);
        self.admit(attempt, "")?;
        let auth = Arc::clone(self);
        let whole = async move {
            auth.expect_no_test(attempt, shown.attempt.as_ref())?;
            let vouched = auth.vouched_by_assertion(attempt, shown).await?;
            auth.open_federated(attempt, AuthenticationMethod::Saml, vouched, Proof::NONE).await
        };
        self.settle(at, whole).await
    }

    /// The same as a first step.
    pub(crate) async fn first_step_by_assertion(
        self: &Arc<Self>,
        at: LogIn,
        shown: ShownAssertion,
    ) -> Result<FirstStep, LogInError> {
        let attempt = Attempt::to_log_in(at, Means::Saml);
        self.admit(attempt, "")?;
        let auth = Arc::clone(self);
        let whole = async move {
            auth.expect_no_test(attempt, shown.attempt.as_ref())?;
            let vouched = auth.vouched_by_assertion(attempt, shown).await?;
            auth.open_or_ask_for_code(attempt, AuthenticationMethod::Saml, vouched).await
        };
        self.settle(at, whole).await
    }

    async fn vouched_by_assertion(
        self: &Arc<Self>,
        attempt: Attempt,
        shown: ShownAssertion,
    ) -> Result<Vouched, LogInError> {
        let refuse = |user, why, told| self.refuse_federated(attempt, user, why, told);
        let at = attempt.at;
        let Some(entry) = self.account(at) else {
            return Err(refuse(None, Refusal::UnknownAccount, Told::default()));
        };
        let candidates = candidates(&entry, &shown);
        let is_taken =
            |one: &Candidate| shown.attempt.is_some() || one.expected.unsolicited == Unsolicited::Taken;
        if let Some(first) = candidates.first().filter(|_| !candidates.iter().any(is_taken)) {
            // Whatever the document says: it is not looked at.
            let why = vestibule_saml::Refusal::Unsolicited;
            let told = Told::of(&first.usable).refused(Some(Check::Request), &why);
            return Err(refuse(None, Refusal::AssertionRefused, told));
        }
        let begun_at = shown.attempt.as_ref().map(|attempt| attempt.place().1.to_owned());
        let examined = self.examined_assertion(entry.account.id, shown, candidates, at.now).await;
        let Some((usable, report)) = examined.map_err(|_| self.audit.overloaded(attempt, None))? else {
            return Err(refuse(None, Refusal::NoConnection, Told::no_connection(begun_at.as_deref())));
        };
        let (connection, told) = (&usable.connection, Told::of(&usable));
        let check = report.refused_by().copied();
        let login = report.outcome().map_err(|refusal| {
            refuse(None, Refusal::AssertionRefused, told.clone().refused(check, &refusal))
        })?;
        // Looked up once more: the account may have changed while the assertion was examined.
        let entry = self.account(at).unwrap_or(entry);
        let linked = link::by_assertion(&entry, connection, &login.claims);
        let claims = login.claims;
        let value = digests::of_assertion(entry.account.id, &claims.issuer, &claims.id);
        let once = once(value, login.single_use_until);
        let vouching = self.linked_user(attempt, entry, &usable, linked, once).await?;
        let subject = claims.name_id.as_ref().map_or("", |name| name.value.as_str());
        let origin = FederatedOrigin {
            connection: connection.id,
            subject: digests::of_subject(connection.id, subject),
            session_index: claims
                .session_index
                .as_deref()
                .map(|index| digests::of_session(connection.id, index)),
            issued_at: claims.issued,
        };
        // By the clock there, which may be behind.
        let until = claims.session_ends.map(|until| until.plus(connection.clock_skew));
        Ok(Vouched { origin, until, vouching, connection: usable, second_factor: None })
    }
}

impl Auth {
    /// What is found by the first of the connections that takes it, or else by the first; None: there is none. With the metadata
    /// read again where another certificate may be right.
    pub(super) async fn examined_assertion(
        self: &Arc<Self>,
        account: AccountId,
        shown: ShownAssertion,
        mut candidates: Vec<Candidate>,
        now: Millis,
    ) -> Result<Option<(Arc<UsableConnection>, Report)>, Overloaded> {
        if candidates.is_empty() {
            return Ok(None);
        }
        let first = candidates.remove(0);
        let ShownAssertion { document, attempt, addresses, .. } = shown;
        let request = attempt.as_ref().map(FederatedAttempt::request_id);
        let anew = move |present: &Arc<UsableConnection>| Candidate::of(present, &addresses);
        let shown = (account, Arc::new((document, request)));
        self.examined_document(shown, (first, candidates), anew, now).await.map(Some)
    }

    /// What a login by this connection would find of a response, where no browser is here that made a request: the one that it answers
    /// counts as made. None: the connection speaks another protocol.
    pub(super) async fn examined_response(
        self: &Arc<Self>,
        (account, usable): (AccountId, &Arc<UsableConnection>),
        addresses: &ServiceAddresses,
        response: String,
        now: Millis,
    ) -> Result<Option<(Arc<UsableConnection>, Report)>, Overloaded> {
        let candidate = |usable: &Arc<UsableConnection>| {
            Some(Candidate { usable: Arc::clone(usable), expected: usable.saml(addresses)? })
        };
        let examined = async |usable: &Arc<UsableConnection>, request| {
            let Some(first) = candidate(usable) else { return Ok(None) };
            let shown = (account, Arc::new((response.clone(), request)));
            self.examined_document(shown, (first, Vec::new()), candidate, now).await.map(Some)
        };
        let Some((usable, unasked)) = examined(usable, None).await? else { return Ok(None) };
        let answered = unasked.claims.as_ref().and_then(|claims| {
            claims.confirmations.iter().find_map(|confirmation| confirmation.in_response_to.clone())
        });
        match answered {
            Some(request) => examined(&usable, Some(request)).await,
            None => Ok(Some((usable, unasked))),
        }
    }

    /// Shown to an account are a document and the request that it has to answer. `anew` says how a connection is examined by whose
    /// metadata was read again.
    async fn examined_document(
        self: &Arc<Self>,
        (account, shown): (AccountId, Arc<(String, Option<String>)>),
        (first, others): (Candidate, Vec<Candidate>),
        anew: impl Fn(&Arc<UsableConnection>) -> Option<Candidate>,
        now: Millis,
    ) -> Result<(Arc<UsableConnection>, Report), Overloaded> {
        let (usable, report) = self.examined_by(&shown, first, others, now).await?;
        if !report.refusals().next().is_some_and(vestibule_saml::Refusal::asks_for_new_certificates) {
            return Ok((usable, report));
        }
        let present = self.with_other_certificates(account, &usable, now).await;
        match present.and_then(|present| anew(&present)) {
            Some(present) => self.examined_by(&shown, present, Vec::new(), now).await,
            None => Ok((usable, report)),
        }
    }

    /// Away from the workers. Shown are a document and the request that it has to answer.
    async fn examined_by(
        &self,
        shown: &Arc<(String, Option<String>)>,
        first: Candidate,
        others: Vec<Candidate>,
        now: Millis,
    ) -> Result<(Arc<UsableConnection>, Report), Overloaded> {
        let shown = Arc::clone(shown);
        let work = move |(): &mut ()| {
            let (document, request) = &*shown;
            let arrival = Arrival { now, request: request.as_deref() };
            first_that_takes(document, first, others.into_iter(), arrival)
        };
        self.verification.run(work).await
    }
}

/// The connection that is named, or those of whose issuer the document may be. That it says so is no reason to believe it: the
/// certificates of each decide.
fn candidates(entry: &AccountEntry, shown: &ShownAssertion) -> Vec<Candidate> {
    let candidate = |usable: &Arc<UsableConnection>| {
        Candidate::of(usable, &shown.addresses).filter(|one| one.usable.connection.enabled)
    };
    if let Some(name) = &shown.connection {
        return entry.connection_named(name).and_then(candidate).into_iter().collect();
    }
    let mut all: Vec<Candidate> = entry.connections().into_iter().filter_map(candidate).collect();
    if all.len() > 1 {
        all.retain(|one| vestibule_saml::may_name(&shown.document, &one.expected.identity_provider));
        all.truncate(MOST_TRIED);
    }
    all
}

/// By the first connection that takes it; told of is the first, if none does.
fn first_that_takes(
    document: &str,
    first: Candidate,
    others: impl Iterator<Item = Candidate>,
    arrival: Arrival<'_>,
) -> (Arc<UsableConnection>, Report) {
    let examined = |Candidate { usable, expected }| (usable, examine(document, &expected, arrival));
    let takes = |(_, report): &(Arc<UsableConnection>, Report)| report.refusals().next().is_none();
    let first = examined(first);
    if takes(&first) {
        return first;
    }
    others.map(examined).find(takes).unwrap_or(first)
}

//! What a transaction is made of.

mod effect;

use vestibule_model::{
    Account, AccountId, AdministrationToken, AdministrationTokenId, Administrator, ApiKey, ApplicationId,
    ApplicationToken, AuditRecord, Connection, ConnectionId, Day, GatewayRule, Generation, Group, Millis,
    Month, OauthClient, PasswordCredential, Profile, RememberedAnswer, SecondFactor, SecretDigest, Session,
    SessionId, SigningKey, SigningKeyId, Skill, User, UserId,
};

use crate::{
    DigestHolder, DirectoryScope, EndSessions, FederatedLogin, FederatedLogout, LastUse, RefreshTokenUse,
    SealHolder, Sequence, SessionsDecision, TrafficBatch,
};

/// One step of a transaction. "Put" creates, or replaces what has the same id. The transaction fails with
/// `Constraint` when a value that must be unique is taken, when the account named does not exist, when what has the
/// same id belongs to another account, and when the id is that of a user, key, client, token or connection that was deleted: such
/// ids are never given again. What groups, profiles and skills a user names is not looked at. "Delete" does nothing for what
/// is not there.
#[derive(Clone, Debug)]
pub enum Change {
    /// Fails the transaction with `DirectoryMoved` if any of this changed after a sequence, before this transaction.
    ExpectUnchanged {
        /// Where the directory was when it was decided what to change.
        since: Sequence,
        /// What the decision rests on.
        scopes: Vec<DirectoryScope>,
    },
    /// Code and number are unique in the installation.
    PutAccount(Box<Account>),
    /// Of the account named.
    PutProfile(AccountId, Profile),
    /// Of the account named.
    PutGroup(AccountId, Group),
    /// Of the account named.
    PutSkill(AccountId, Skill),
    /// The name key is unique within account and population, the number within the account, each of the identities in the
    /// installation. What connections those name is not looked at.
    PutUser(Box<User>),
    /// The `app_key` is unique within the account.
    PutApiKey(AccountId, Box<ApiKey>),
    /// The client id is unique within the account.
    PutOauthClient(AccountId, Box<OauthClient>),
    /// The name is unique within the account; the digests of the token and of the one before it are in the installation.
    /// Leaves alone when it was last used and how often.
    PutApplicationToken(AccountId, Box<ApplicationToken>),
    /// The name is unique within the account.
    PutConnection(AccountId, Box<Connection>),
    /// Of the installation. What accounts and applications it names is not looked at.
    PutGatewayRule(Box<GatewayRule>),
    /// Replaces a password's hash by another of the same password; does nothing when `old` is no longer the hash.
    ReplacePasswordHash {
        /// Whose.
        user: UserId,
        /// The PHC string that was verified.
        old: String,
        /// The PHC string to keep instead.
        new: String,
    },
    /// Gives a user another password, which needs no change any more, and with it the next credential version. Fails
    /// the transaction with `StaleCredentials` unless `credential_version` is the user's present one plus one.
    SetPassword {
        /// Whose.
        user: UserId,
        /// The new password.
        password: Box<PasswordCredential>,
        /// The user's credential version from now on.
        credential_version: i64,
    },
    /// Gives a user a second factor, changes it or takes it. Fails the transaction with `StaleCredentials` unless the user's is
    /// what it was thought to be: so of two who use one recovery code one does.
    SetSecondFactor {
        /// Whose.
        user: UserId,
        /// What it is until now; None: there is none.
        before: Option<Box<SecondFactor>>,
        /// What it is from now on.
        after: Option<Box<SecondFactor>>,
    },
    /// Locks or unlocks a user; does nothing for a user that is not there, or is as the change would have it.
    SetLock {
        /// Whom.
        user: UserId,
        /// Since when; None: not locked.
        locked_at: Option<Millis>,
    },
    /// Fails the transaction with `StaleCredentials` unless the user exists in the session's account, is enabled,
    /// and has the session's credential version; with `Constraint` if the session's id is taken. The idle limit is
    /// kept to the millisecond. The outcome tells the session's number. Moves the last login of the user, and the last use of the API key or OAuth client that it
    /// was opened with, forward to when it was opened. No change of the directory.
    OpenSession(Box<Session>),
    /// Fails the transaction with `SessionsMoved` unless the sessions of a user still have the version on which it was decided,
    /// and the session that the login is given, if it is given one, is there; then moves the version. So of two logins that
    /// were decided on the same sessions one is decided anew, as is one that an end of many has overtaken. Stands before
    /// what was decided; an opening without it is one that nobody else decides beside.
    DecideOnSessions(SessionsDecision),
    /// Notes by which login at an identity provider a session was opened, until the session ends; the same twice is one. Does
    /// nothing for a session that is not there. Fails the transaction with `LoggedOut` where a logout of the login is noted that was
    /// issued when what the session was opened by was, or later.
    NoteFederatedLogin(FederatedLogin),
    /// Notes a logout at an identity provider. One of the same logins as another makes that one later, and kept longer.
    NoteFederatedLogout(FederatedLogout),
    /// Notes for a session the logins at identity providers of another one. Fails the transaction with `StaleCredentials` where
    /// that one is not there: what ended it would not find the copy. Does nothing for a session that is not there. No change
    /// of the directory.
    CopyFederatedLogins {
        /// Of which session.
        from: SessionId,
        /// For which.
        to: SessionId,
    },
    /// Does nothing for a session that is not there.
    EndSession(SessionId),
    /// Ends a session unless it was used after a time, and then writes the entry about it; does nothing for a session that is
    /// not there.
    EndIfUnusedSince {
        /// Which.
        session: SessionId,
        /// A last use after this keeps it.
        last_used: Millis,
        /// What the audit is told of the end.
        entry: Box<AuditRecord>,
    },
    /// Ends the sessions that are there at this step of the transaction and that are selected, and writes the entry about each.
    /// The first part of it (`behind` is none) moves the version of the user's sessions, where it means those of one user; of
    /// the account's, where it means those of one account; else of all.
    EndSessions(Box<EndSessions>),
    /// Moves the last uses of sessions forward, never back; does nothing for those that are not there.
    NoteLastUses(Vec<LastUse>),
    /// Moves `last_used` of application tokens forward and adds to their requests; does nothing for those that are not
    /// there. No change of the directory: nobody has to follow it.
    TouchApplications(Vec<ApplicationTouch>),
    /// Deletes an account and everything that belongs to it but the sessions: its users, its profiles, groups, skills,
    /// keys, clients, tokens and connections, the roles of its users as administrators, and roles and administration tokens that are
    /// limited to it. Its entries in the audit stay.
    DeleteAccount(AccountId),
    /// Deletes a user, with the role as administrator. Sessions of whoever and of what is deleted stay until they are ended, so
    /// that it is told of each why it did; none is opened any more.
    DeleteUser(UserId),
    /// Deletes a profile; users who name it go on naming it.
    DeleteProfile(AccountId, i64),
    /// Deletes a group; users and groups that name it go on naming it.
    DeleteGroup(AccountId, i64),
    /// Deletes a skill; users who name it go on naming it.
    DeleteSkill(AccountId, i64),
    /// Deletes an API key.
    DeleteApiKey(AccountId, ApplicationId),
    /// Deletes an OAuth client.
    DeleteOauthClient(AccountId, ApplicationId),
    /// Deletes an application token.
    DeleteApplicationToken(AccountId, ApplicationId),
    /// Deletes a connection; identities of users go on naming it.
    DeleteConnection(AccountId, ConnectionId),
    /// Deletes the rule of the gate of this name.
    DeleteGatewayRule(String),
    /// Gives a user who exists a role; the account that the role is limited to has to exist. No change of the directory.
    PutAdministrator(Administrator),
    /// Takes a user's role; does nothing for one who has none.
    DeleteAdministrator(UserId),
    /// Name and digest are unique in the installation; the account that the role is limited to has to exist. Leaves alone
    /// when it was last used. No change of the directory.
    PutAdministrationToken(Box<AdministrationToken>),
    /// Does nothing for a token that is not there.
    DeleteAdministrationToken(AdministrationTokenId),
    /// Moves `last_used` forward, never back; does nothing for a token that is not there.
    TouchAdministrationToken {
        /// Which.
        token: AdministrationTokenId,
        /// When it was last used.
        last_used: Millis,
    },
    /// Remembers what was answered to a request. Fails the transaction with `Constraint` when there is an answer under the
    /// same key, unless that one is older than a time. No change of the directory.
    RememberAnswer {
        /// What.
        answer: Box<RememberedAnswer>,
        /// An answer from before this is replaced.
        replaces_before: Millis,
    },
    /// Forgets the oldest answers while they are older than a time, and at most so many.
    ForgetAnswers {
        /// An answer that is not older than this stays.
        before: Millis,
        /// The most to forget.
        limit: usize,
    },
    /// Forgets every answer that is sealed under a generation of the master key.
    ForgetAnswersUnder(Generation),
    /// Consumes a value that counts once: a nonce, the id of an assertion, the step of a one-time password. Fails the transaction
    /// with `AlreadyConsumed` when it was consumed before and is not forgotten, however long ago. No change of the directory.
    ConsumeOnce {
        /// What it is, as a digest that also says of what kind: kinds share one table.
        value: [u8; 32],
        /// From when on it is refused for its age alone, and may be forgotten.
        expires: Millis,
    },
    /// Forgets consumed values and logouts at identity providers, of each kind those that expired first, while they expired before a
    /// time, and at most so many.
    ForgetExpired {
        /// What expires then or later stays.
        before: Millis,
        /// The most to forget of a kind.
        limit: usize,
    },
    /// Adds a key that tokens are signed with. Fails the transaction with `Constraint` when its id is taken. No change of the
    /// directory.
    PutSigningKey(Box<SigningKey>),
    /// Fails the transaction with `Constraint` for the last key. Does nothing for one that is not there. No change of the directory.
    DeleteSigningKey(SigningKeyId),
    /// Notes that the refresh token of a session was used, and when. Fails the transaction with `AlreadyConsumed` unless the
    /// session is there and its token was used once less. No change of the directory.
    RotateRefreshToken {
        /// Whose.
        session: SessionId,
        /// How often it was used with this.
        next: RefreshTokenUse,
    },
    /// Writes an entry of the audit behind the newest one. It is there exactly when the transaction is. One about a user
    /// gets the login name that the user has at this step of the transaction, unless it says it itself; of a user who is not
    /// there, that of its target, if that is the user.
    Audit(Box<AuditRecord>),
    /// Writes as much as a login does, of what nobody reads, so that whoever asks learns whether changes are taken.
    Probe,
    /// Fails the transaction with `DirectoryMoved` unless this generation of the master key is the active one: whoever made
    /// secrets under another begins anew.
    ExpectMasterKey(Generation),
    /// Makes a generation of the master key the active one, and the one before it readable. Fails the transaction with
    /// `Constraint` unless it is later than every one that was active. Entries of the audit behind it are tagged under it.
    /// No change of the directory.
    ActivateMasterKey {
        /// Which.
        generation: Generation,
        /// Derived from its key.
        check_value: [u8; 32],
        /// When.
        at: Millis,
    },
    /// Retires a generation of the master key. Fails the transaction with `Constraint` unless it is readable and nothing but
    /// the audit depends on it. No change of the directory.
    RetireMasterKey {
        /// Which.
        generation: Generation,
        /// When.
        at: Millis,
    },
    /// Forgets the oldest changes of the directory, but for the last `keep` of them, and at most `limit`. Who followed no
    /// further than to one of them is told so ([`DirectoryChanges::is_trimmed`](crate::DirectoryChanges::is_trimmed)), and
    /// [`Change::ExpectUnchanged`] does not hold from there. No change of the directory.
    TrimChanges {
        /// How many stay.
        keep: u64,
        /// The most to forget.
        limit: u64,
    },
    /// Puts one sealing of a secret in the place of another of the same secret; does nothing when `old` is none of the
    /// holder's secrets any more.
    Reseal {
        /// Whose.
        holder: SealHolder,
        /// As it was read.
        old: Vec<u8>,
        /// To be kept instead.
        new: Vec<u8>,
    },
    /// Puts one digest of a secret in the place of another of the same secret; does nothing when `old` is not the holder's
    /// any more.
    RedoDigest {
        /// Whose. The name is not looked at.
        holder: DigestHolder,
        /// As it was read.
        old: SecretDigest,
        /// To be kept instead.
        new: SecretDigest,
    },
    /// Adds what was counted of requests, once ([`TrafficBatch::number`]). No change of the directory.
    CountTraffic(Box<TrafficBatch>),
    /// Brings traffic to the form in which it is kept, the oldest first: rows of days are added to those of their months, or deleted
    /// where those would be; then rows of months are deleted. When nothing of it is left to be done, families of routes are forgotten
    /// that are in no row any more, and writers that have written nothing since, nor in the [`TrafficBatch::REMEMBERED_DAYS`] before; and
    /// uses that are later than now, since the clock was ahead, are brought back to now. The outcome tells how many rows it looked at. No
    /// change of the directory.
    AgeTraffic {
        /// Rows of this day and of later ones stay.
        days_before: Day,
        /// Rows of this month and of later ones stay.
        months_before: Month,
        /// The time.
        now: Millis,
        /// The most rows to look at.
        limit: usize,
    },
    /// Brings up to date what a backend keeps beside the audit to answer questions about it, for entries that were written before it
    /// kept that: a bounded amount of work. The outcome tells whether there is more. Changes no entry, and nothing of the directory.
    IndexAudit,
    /// Removes the oldest entries of the audit while they are older than a time, and at most so many.
    PruneAudit {
        /// The first entry that is not older than this stays, and everything after it.
        before: Millis,
        /// The most to remove.
        limit: usize,
    },
}

/// An application token whose sessions were used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationTouch {
    /// Which.
    pub application: ApplicationId,
    /// When it was last used.
    pub last_used: Millis,
    /// How many requests more.
    pub requests: u64,
}

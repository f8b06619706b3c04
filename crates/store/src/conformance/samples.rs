//! Things to store: every field set, and set differently from its neighbours.

use std::time::Duration;

use vestibule_model::{
    Accent, Account, AccountId, AccountState, Actor, AdministrationToken, AdministrationTokenId,
    AdministratorRole, ApiKey, ApiKeyValues, Application, ApplicationId, ApplicationToken, AuditAction,
    AuditReason, AuditRecord, AuditTarget, AuthenticationMethod, ClientMetadata, ClientSecretIn, Connection,
    ConnectionId, Der, Dialect, Feature, GatewayCredential, GatewayRule, GatewayRuleSettings, Generation,
    GrantType, Group, Identity, IdentityHeader, Linking, LockoutPolicy, Logo, Look, Means, Millis,
    OauthClient, OidcConnection, OwnKey, PasswordCredential, PasswordPolicy, Population, Privilege, Profile,
    Protocol, Provisioning, Rank, RefreshRotation, Refusal, RefusalStyle, RoleType, SamlConnection,
    SecondFactor, SecondFactorPolicy, SecretDigest, SecretVersion, Service, Session, SessionId,
    SessionPolicy, SessionReference, SignOn, Skill, Superseded, TargetKind, User, UserId, UserKind,
};

/// The account that most facts are about.
pub const HERE: &str = "le84207511";

/// Another account.
pub const ELSEWHERE: &str = "qa_1";

/// An account's id.
pub fn id(text: &str) -> AccountId {
    text.parse().unwrap()
}

/// An account, its code and number made from its id.
pub fn account(name: &str) -> Account {
    let number = name.bytes().fold(7, |sum, byte| sum * 31 % 1_000_003 + i32::from(byte));
    Account {
        id: id(name),
        code: format!("Code of {name}"),
        number,
        time_zone: "Europe/Athens".into(),
        state: AccountState::Enabled,
        sign_on: SignOn::SsoOnly,
        second_factor: SecondFactorPolicy::Required,
        features: [Feature::UserTypeBot].into(),
        services: vec![
            Service { name: "agentVep".into(), base_uri: Some("va.agentvep.example:8443".into()) },
            Service { name: "accountConfigReadOnly".into(), base_uri: None },
        ],
        password_policy: PasswordPolicy { min_length: 12, max_repeat: 2, ..PasswordPolicy::default() },
        lockout_policy: LockoutPolicy { failures: 7, ..LockoutPolicy::default() },
        agent_lockout_policy: LockoutPolicy { failures: 3, ..LockoutPolicy::default() },
        session_policy: SessionPolicy {
            idle_seconds: 900,
            absolute_seconds: 86_400,
            ..SessionPolicy::default()
        },
        livevox_session_policy: SessionPolicy { idle_seconds: 1_800, ..SessionPolicy::livevox() },
        look: Look {
            name: Some(format!("Name of {name}")),
            accent: Some(Accent([0x2b, 0x57, 0x97])),
            contact: Some("help@acme.example".into()),
            logo: Some(Logo::new(*b"\x89PNG\r\n\x1a\n\0\xff")),
        },
    }
}

/// A profile.
pub fn profile(id: i64) -> Profile {
    Profile {
        id,
        name: format!("Profile {id}"),
        role: RoleType::AgentManager,
        rank: Some(Rank::ItUser),
        permissions: vec![3, 14, 1581],
    }
}

/// A group within another.
pub fn group(id: i64) -> Group {
    Group { id, name: format!("Group {id}"), parent: Some(-1) }
}

/// A skill.
pub fn skill(id: i64) -> Skill {
    Skill { id, name: format!("Skill {id}") }
}

/// An enabled user with a password and with everything optional set; name and number made from the id.
pub fn user(account: &str, number: i32) -> User {
    User {
        id: UserId(2_000_000_000_000 + i64::from(number)),
        account: id(account),
        pid: "0b1c2d3e-4f50-4617-a829-3a4b5c6d7e8f".parse().unwrap(),
        number,
        population: Population::User,
        kind: UserKind::Human,
        login_name: format!("Anna.{number}@example.com"),
        full_name: "Anna Papadopoulou".into(),
        nickname: "Άννα".into(),
        email: "anna@example.com".into(),
        enabled: true,
        allowed_app_key: Some("a1b2c3d4e5f60718293a4b5c6d7e8f90".into()),
        max_chats: 3,
        max_async_chats: 12,
        profiles: vec![1, 5],
        skills: vec![10, 20],
        member_of: Some(-1),
        manager_of: vec![4, 6],
        must_change_password: true,
        password: Some(PasswordCredential {
            hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA".into(),
            changed_at: Millis::from_unix(1_760_000_000_123),
            history: vec!["$argon2id$newer".into(), "$argon2id$older".into()],
        }),
        credential_version: 4,
        identities: vec![
            Identity { connection: ConnectionId(3), subject: format!("Anna \"{number}\"") },
            Identity { connection: ConnectionId(4), subject: format!("00u{number}") },
        ],
        locked_at: Some(Millis::from_unix(1_770_000_000_456)),
        second_factor: Some(second_factor(2).into()),
    }
}

/// An agent of that login name.
pub fn agent(account: &str, number: i32, login_name: &str) -> User {
    User { population: Population::Agent, login_name: login_name.into(), ..user(account, number) }
}

/// An API key; its `app_key` made from the id.
pub fn api_key(id: i64) -> ApiKey {
    ApiKey {
        id: ApplicationId(id),
        app_key: format!("{id:032x}"),
        sealed_secret: vec![0, 1, 0xfe, 0xff],
        access_token: "5e0f3a".into(),
        sealed_access_token_secret: vec![9; 48],
        secret_version: SecretVersion(255),
        superseded: Some(Superseded {
            values: ApiKeyValues {
                sealed_secret: vec![0xff, 0, 2],
                access_token: "4d9e29".into(),
                sealed_access_token_secret: vec![8; 47],
            },
            until: Millis::from_unix(1_780_000_086_401),
        }),
        name: "Reporting".into(),
        developer: "Us".into(),
        description: "Reads every night".into(),
        enabled: true,
        privileges: vec![Privilege::DataRead, Privilege::UserLogin],
        addresses: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
    }
}

fn client_metadata() -> ClientMetadata {
    ClientMetadata {
        display_name: "The warehouse".into(),
        description: "Counts".into(),
        logo_uri: "https://warehouse.example/logo.svg".into(),
        grant_types: vec![
            GrantType::ClientCredentials,
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
        ],
        redirect_uris: vec!["https://warehouse.example/back".into(), "http://127.0.0.1:9099/back".into()],
        public: true,
        consent: true,
        scopes: vec!["stock:read".into()],
        refresh_rotation: RefreshRotation::Always,
        enabled_for_profiles: vec![-1, 7],
        resource_server: true,
    }
}

/// An OAuth client; its client id made from the id.
pub fn oauth_client(id: i64) -> OauthClient {
    OauthClient {
        id: ApplicationId(id),
        client_id: format!("client-{id}"),
        secret: SecretDigest {
            tag: std::array::from_fn(|index| u8::try_from(index * 7).unwrap_or(0)),
            generation: later(),
        },
        secret_version: SecretVersion(3),
        superseded: Some(Superseded {
            values: SecretDigest { generation: later(), ..digest(id) },
            until: Millis::from_unix(1_780_000_086_402),
        }),
        name: "Warehouse".into(),
        enabled: true,
        privileges: vec![Privilege::AccountConfigWrite, Privilege::AppKeyManagement],
        addresses: vec!["198.51.100.7/32".parse().unwrap()],
        metadata: client_metadata(),
    }
}

/// An application token that has been used; its name and digest made from the id.
pub fn application_token(id: i64) -> ApplicationToken {
    ApplicationToken {
        id: ApplicationId(id),
        name: format!("Dialer {id}"),
        token: digest(id),
        secret_version: SecretVersion(4),
        superseded: Some(Superseded { values: digest(-id), until: Millis::from_unix(1_780_000_086_403) }),
        enabled: true,
        last_used: Some(Millis::from_unix(1_785_000_000_005)),
        requests: 41,
    }
}

/// A rule of the gate that asks for everything that there is.
pub fn gateway_rule(name: &str) -> GatewayRule {
    let settings = GatewayRuleSettings {
        credentials: vec![GatewayCredential::Cookie, GatewayCredential::Bearer],
        accounts: vec![id(ELSEWHERE), id(HERE)],
        privileges: vec![1581, -3],
        minimum_rank: Some(Rank::ItUser),
        user_kinds: vec![UserKind::Bot, UserKind::Human],
        populations: vec![Population::Agent],
        applications: vec![Application::None, Application::OauthClient(ApplicationId(i64::MAX))],
        paths: vec!["/a/*".into(), "/\u{3b1}\"".into()],
        refusals: RefusalStyle::Oauth,
        identity_headers: vec![IdentityHeader::Skills, IdentityHeader::Account],
        application_addresses: true,
    };
    GatewayRule { name: name.into(), settings }
}

/// A connection that speaks SAML; its name made from the id.
pub fn saml_connection(id: i64) -> Connection {
    let key = |byte: u8| OwnKey { certificate: Der(vec![byte; 30]), sealed_key: vec![byte; 50] };
    Connection {
        id: ConnectionId(id),
        name: format!("adfs-{id}"),
        display_name: "Σύνδεση".into(),
        enabled: true,
        population: Population::Agent,
        linking: Linking::Subject,
        clock_skew: Duration::from_millis(90_500),
        targets: vec!["https://app.example/start?a=b".into(), "/me/le84207511/".into()],
        provisioning: Provisioning {
            enabled: true,
            login_name: Some("uid".into()),
            full_name: Some("cn".into()),
            email: Some("mail".into()),
            profiles: vec![1, -2],
            profile_claim: Some("groups".into()),
            profile_map: [("Ομάδα \"1\"".into(), 3)].into(),
        },
        protocol: Protocol::Saml(Box::new(SamlConnection {
            identity_provider: "https://idp.example/metadata".into(),
            login_url: "https://idp.example/login".into(),
            logout_url: Some("https://idp.example/logout".into()),
            certificates: vec![Der(vec![0x30, 0xff]), Der(vec![0x30, 0])],
            metadata_url: Some("https://idp.example/metadata.xml".into()),
            audiences: vec!["SAML-le84207511-adfs".into()],
            unsolicited: true,
            allow_cbc: true,
            sign_requests: true,
            key: Some(key(5)),
            previous_key: Some(key(6)),
        })),
    }
}

/// A connection that speaks OpenID Connect; its name made from the id.
pub fn oidc_connection(id: i64) -> Connection {
    Connection {
        name: format!("okta-{id}"),
        population: Population::User,
        linking: Linking::LoginName,
        provisioning: Provisioning::default(),
        protocol: Protocol::Oidc(Box::new(OidcConnection {
            issuer: "https://example.okta.com".into(),
            client_id: "0oa1".into(),
            sealed_client_secret: Some(vec![7; 50]),
            client_authentication: ClientSecretIn::Form,
            authorization_endpoint: "https://example.okta.com/authorize".into(),
            token_endpoint: "https://example.okta.com/token".into(),
            jwks_uri: Some("https://example.okta.com/keys".into()),
            end_session_endpoint: Some("https://example.okta.com/logout".into()),
            names_itself_in_callbacks: true,
            jwks: r#"{"keys":[]}"#.into(),
            algorithms: vec!["RS256".into(), "ES256".into()],
            scopes: vec!["profile".into(), "email".into()],
            login_name_claim: "preferred_username".into(),
            password_grant: true,
        })),
        ..saml_connection(id)
    }
}

/// A generation of the master key that is not the first.
pub fn later() -> Generation {
    Generation::FIRST.next().unwrap()
}

/// A digest, made from a number.
pub fn digest(number: i64) -> SecretDigest {
    let bytes = number.to_be_bytes();
    let tag: [u8; 32] =
        std::array::from_fn(|index| bytes[index % 8].wrapping_add(u8::try_from(index).unwrap_or(0)));
    tag.into()
}

/// A session of that user, with everything optional set; its id made of one byte.
pub fn session(byte: u8, user: &User) -> Session {
    Session {
        id: SessionId([byte; 16]),
        account: user.account,
        user: user.id,
        application: Application::ApiKey(ApplicationId(77)),
        secret_version: SecretVersion(200),
        method: AuthenticationMethod::ApiKey,
        dialect: Dialect::LivePerson,
        address: Some("192.0.2.17".parse().unwrap()),
        created: Millis::from_unix(1_780_000_000_001),
        last_used: Millis::from_unix(1_780_000_050_002),
        idle: Duration::from_millis(28_800_003),
        absolute_end: Some(Millis::from_unix(1_780_086_400_004)),
        credential_version: user.credential_version,
    }
}

/// An administration token that has been used; its name and digest made from the id.
pub fn administration_token(id: i64) -> AdministrationToken {
    AdministrationToken {
        id: AdministrationTokenId(id),
        name: format!("Deployment {id}"),
        secret: digest(1_000 + id),
        role: AdministratorRole::Owner,
        created_by: "admin (user 1)".into(),
        created: Millis::from_unix(1_780_000_000_006),
        expires: Millis::from_unix(1_790_000_000_007),
        last_used: Some(Millis::from_unix(1_785_000_000_008)),
        revoked: Some(Millis::from_unix(1_786_000_000_009)),
    }
}

/// An entry of the audit with everything set; times and count made from a number.
pub fn audit_record(number: i64) -> AuditRecord {
    AuditRecord {
        at: Millis::from_unix(1_780_000_000_000 + number),
        action: AuditAction::LogInRefused,
        reason: Some(AuditReason::Refused(Refusal::WrongPassword)),
        account: Some(id(HERE)),
        user: Some(UserId(2_000_000_000_001)),
        user_name: Some("Jörg".into()),
        session: Some(SessionReference([7; 16])),
        actor: Actor::User { id: UserId(17), name: "Jäne".into() },
        means: Means::ApiKey(ApplicationId(77)),
        dialect: Some(Dialect::LiveVox),
        address: Some("192.0.2.17".parse().unwrap()),
        target: Some(AuditTarget { kind: TargetKind::Profile, id: "-1".into(), name: "Boss".into() }),
        before: Some(r#"{"enabled":true}"#.into()),
        after: Some(r#"{"enabled":false}"#.into()),
        details: Some(r#"{"policy":"one"}"#.into()),
        count: u32::try_from(number.rem_euclid(1_000)).unwrap_or(0) + 1,
        until: Some(Millis::from_unix(1_780_000_059_000 + number)),
    }
}

/// An entry with nothing optional.
pub fn bare_audit_record(number: i64) -> AuditRecord {
    let at = Millis::from_unix(1_780_000_000_000 + number);
    AuditRecord::new(at, AuditAction::Changed, Actor::System, Means::System)
}

/// A second factor with so many recovery codes.
pub(super) fn second_factor(codes: u8) -> SecondFactor {
    SecondFactor {
        sealed: vec![0xff; 48],
        since: Millis::from_unix(1_780_000_000_123),
        recovery: (0..codes).map(|byte| [byte; 32]).collect(),
    }
}

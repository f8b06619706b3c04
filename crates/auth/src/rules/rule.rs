//! Every rule of the directory, each with the field that it is about and the words in which it is refused.

/// In which way a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By a value that nobody may have.
    Invalid,
    /// By a value that somebody else has.
    Taken,
    /// By what is there besides.
    Conflict,
}

const NAME_LENGTH: &str = "this has to have 1 to {} characters";
const NAME_CHARACTERS: &str = "no spaces around it, no control characters and none that are not seen";
const MARKS: &str = "at most {} marks upon one letter: more are drawn over other lines";
const TEXT: &str = "this has to have at most {} characters and no control characters";
const TAKEN: &str = "this is taken";
const AT_MOST: &str = "{} at most";
const NOT_NEGATIVE: &str = "this has to be 0 or more";
const MISSING: &str = "there is none with the {}";
const NUMBERED_COUNT: &str = "the account has {} of this kind already, and may not have more";
const IN_USE: &str = "{} to it";
const APPLICATION_COUNT: &str = "an account has at most {}: delete one that is not needed";
const ENTITY: &str = "1 to {} characters that are seen, no spaces around them";
const URL: &str =
    "this has to be an address of https, or of http on this machine, without a user name and a fragment";
const VALUE: &str = "{} characters of ASCII, no spaces";

/// Makes the enumeration, and with it [`Rule::ALL`]: a rule that is not in the list is none.
macro_rules! rulebook {
    ($($rule:ident: $kind:ident $field:literal $words:expr;)*) => {
        /// A rule. Who breaks it is refused with the same words wherever they try.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = concat!("Of `", $field, "`.")] $rule,)*
        }

        impl Rule {
            /// Every rule that there is.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// The field that it is about, by its name in the administration API; empty: the thing as a whole.
            pub const fn field(self) -> &'static str {
                match self { $(Self::$rule => $field,)* }
            }

            /// In which way it is broken.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$rule => Kind::$kind,)* }
            }

            /// Why it refuses; `{}` stands for what is particular to a case.
            pub(super) const fn words(self) -> &'static str {
                match self { $(Self::$rule => $words,)* }
            }
        }
    };
}

rulebook! {
    AccountIdOfClient: Invalid "id" "this is the id of an OAuth client: tokens about its users would pass for tokens of the account";
    AccountCodeLength: Invalid "code" NAME_LENGTH;
    AccountCodeCharacters: Invalid "code" NAME_CHARACTERS;
    AccountCodeTaken: Taken "code" TAKEN;
    AccountNumberNegative: Invalid "number" NOT_NEGATIVE;
    AccountNumberTaken: Taken "number" TAKEN;
    TimeZone: Invalid "time_zone" "there is no such time zone; names are such as Europe/Athens";
    PasswordStrength: Invalid "password_policy.min_strength" AT_MOST;
    PasswordLength: Invalid "password_policy.min_length" AT_MOST;
    PasswordHistory: Invalid "password_policy.history" AT_MOST;
    IdleLimit: Invalid "session_policy.idle_seconds" "at least 1";
    LiveVoxIdleLimit: Invalid "livevox_session_policy.idle_seconds" "at least 1";
    AdministratorsLockedOut: Conflict "" "nobody could administer any more";
    AdministratorsAccount: Conflict "" "the administrators' account cannot be deleted";
    OwnerLeft: Conflict "" "there would be no owner left who may log in";

    LookNameLength: Invalid "look.name" NAME_LENGTH;
    LookNameCharacters: Invalid "look.name" NAME_CHARACTERS;
    LookNameMarks: Invalid "look.name" MARKS;
    LookContactMarks: Invalid "look.contact" MARKS;
    LookContact: Invalid "look.contact" "1 to {} characters that are seen, no spaces around them";
    LogoKind: Invalid "logo" "this is no picture in PNG, JPEG or WebP";
    LogoLength: Invalid "logo" "a picture of {} bytes at most";
    LogoSize: Invalid "logo" "a picture of {} pixels at most";

    ServiceCount: Invalid "services" AT_MOST;
    ServiceNameLength: Invalid "services" NAME_LENGTH;
    ServiceNameCharacters: Invalid "services" NAME_CHARACTERS;
    ServiceTwice: Invalid "services" "{} is there twice";
    ServiceAddressLength: Invalid "services" "base_uri of {} characters at most";
    ServiceAddress: Invalid "services" "base_uri of {}";

    LoginNameLength: Invalid "login_name" NAME_LENGTH;
    LoginNameCharacters: Invalid "login_name" NAME_CHARACTERS;
    LoginNameTaken: Taken "login_name" TAKEN;
    FullName: Invalid "full_name" TEXT;
    Nickname: Invalid "nickname" TEXT;
    Email: Invalid "email" TEXT;
    MaxChats: Invalid "max_chats" NOT_NEGATIVE;
    MaxAsyncChats: Invalid "max_async_chats" NOT_NEGATIVE;
    ProfileMissing: Invalid "profiles" MISSING;
    SkillMissing: Invalid "skills" MISSING;
    ManagedGroupMissing: Invalid "manager_of" MISSING;
    GroupMissing: Invalid "member_of" MISSING;
    KeyOfNoBot: Invalid "allowed_app_key" "only a bot logs in with an API key";
    AllowedKeyMissing: Invalid "allowed_app_key" "the account has no API key and no OAuth client with this";
    PasswordOfBot: Invalid "password" "a bot has no password, it logs in with an API key";
    PasswordPolicy: Invalid "password" "{}";
    UserNumbers: Taken "number" TAKEN;
    UserNumber: Invalid "number" "from 0 to {}";
    UserNumberTaken: Taken "number" TAKEN;
    UserId: Invalid "id" "from 1 to {}";
    UserIdTaken: Taken "id" TAKEN;
    UserIdDeleted: Taken "id" "a deleted user had this, and ids are not given again";

    ProfileNameLength: Invalid "name" NAME_LENGTH;
    ProfileNameCharacters: Invalid "name" NAME_CHARACTERS;
    ProfileNameTaken: Taken "name" TAKEN;
    ProfilePermissions: Invalid "permissions" AT_MOST;
    ProfileId: Invalid "id" "from -{0} to {0}";
    ProfileIds: Taken "id" TAKEN;
    ProfileCount: Conflict "" NUMBERED_COUNT;
    ProfileInUse: Conflict "" IN_USE;
    GroupNameLength: Invalid "name" NAME_LENGTH;
    GroupNameCharacters: Invalid "name" NAME_CHARACTERS;
    GroupNameTaken: Taken "name" TAKEN;
    GroupParentMissing: Invalid "parent" "there is no group with the {}";
    GroupAboveItself: Invalid "parent" "this group would be above itself";
    GroupId: Invalid "id" "from -{0} to {0}";
    GroupIds: Taken "id" TAKEN;
    GroupCount: Conflict "" NUMBERED_COUNT;
    GroupInUse: Conflict "" IN_USE;
    SkillNameLength: Invalid "name" NAME_LENGTH;
    SkillNameCharacters: Invalid "name" NAME_CHARACTERS;
    SkillNameTaken: Taken "name" TAKEN;
    SkillId: Invalid "id" "from -{0} to {0}";
    SkillIds: Taken "id" TAKEN;
    SkillCount: Conflict "" NUMBERED_COUNT;
    SkillInUse: Conflict "" IN_USE;

    ApplicationId: Invalid "id" "from 1 to {}";
    ApplicationIdTaken: Taken "id" TAKEN;
    ApplicationIdDeleted: Taken "id" "a deleted application had this, and ids are not given again";
    ApiKeyNameLength: Invalid "name" NAME_LENGTH;
    ApiKeyNameCharacters: Invalid "name" NAME_CHARACTERS;
    ApiKeyNameTaken: Taken "name" TAKEN;
    ApiKeyDeveloper: Invalid "developer" TEXT;
    ApiKeyDescription: Invalid "description" TEXT;
    ApiKeyAddresses: Invalid "addresses" AT_MOST;
    ApiKeyCount: Conflict "" APPLICATION_COUNT;
    AppKey: Invalid "app_key" VALUE;
    AppKeyTaken: Taken "app_key" TAKEN;
    KeySecret: Invalid "secret" VALUE;
    AccessToken: Invalid "access_token" VALUE;
    AccessTokenSecret: Invalid "access_token_secret" VALUE;
    KeySecretAlone: Invalid "access_token_secret" "needed beside secret";
    AccessTokenSecretAlone: Invalid "secret" "needed beside access_token_secret";
    ClientNameLength: Invalid "name" NAME_LENGTH;
    ClientNameCharacters: Invalid "name" NAME_CHARACTERS;
    ClientAddresses: Invalid "addresses" AT_MOST;
    ClientCount: Conflict "" APPLICATION_COUNT;
    ClientId: Invalid "client_id" VALUE;
    ClientIdTaken: Taken "client_id" TAKEN;
    ClientIdOfAccount: Invalid "client_id" "this is the id of an account: tokens about users would pass for tokens of that account";
    ClientSecret: Invalid "secret" VALUE;
    ClientDisplayName: Invalid "display_name" TEXT;
    ClientDescription: Invalid "description" TEXT;
    ClientLogo: Invalid "logo_uri" "an https address of at most {} characters";
    ClientRedirectUri: Invalid "redirect_uris" "number {} is no https address, and no http address of this machine \
        (127.0.0.1, [::1], localhost); it has no fragment and at most 1000 characters";
    ClientRedirectUriCount: Invalid "redirect_uris" AT_MOST;
    ClientRedirectUriMissing: Invalid "redirect_uris" "the grant authorization_code needs one";
    ClientGrantOfPublic: Invalid "grant_types" "a public client has no client_credentials: it can keep no secret";
    ClientResourceServerPublic: Invalid "resource_server" "a public client is no resource server: it can keep no secret";
    ClientScope: Invalid "scopes" "each of 1 to {} characters of ASCII, no spaces, no \" and no \\";
    ClientScopeCount: Invalid "scopes" AT_MOST;
    ClientProfileMissing: Invalid "enabled_for_profiles" MISSING;
    TokenNameLength: Invalid "name" NAME_LENGTH;
    TokenNameCharacters: Invalid "name" NAME_CHARACTERS;
    TokenNameTaken: Taken "name" TAKEN;
    TokenCount: Conflict "" APPLICATION_COUNT;
    Token: Invalid "token" "{} characters of 0-9, A-Z, a-z and -";
    TokenTaken: Taken "token" TAKEN;

    ConnectionId: Invalid "id" "from 1 to {}";
    ConnectionIdTaken: Taken "id" TAKEN;
    ConnectionIdDeleted: Taken "id" "a deleted connection had this, and ids are not given again";
    ConnectionName: Invalid "name" "1 to 64 of A-Z, a-z, 0-9, _ and -: it stands in addresses";
    ConnectionNameTaken: Taken "name" TAKEN;
    ConnectionDisplayNameLength: Invalid "display_name" NAME_LENGTH;
    ConnectionDisplayNameCharacters: Invalid "display_name" NAME_CHARACTERS;
    ConnectionClockSkew: Invalid "clock_skew_seconds" AT_MOST;
    ConnectionTarget: Invalid "targets" "number {} is neither an https address nor a path of this service";
    ConnectionTargetCount: Invalid "targets" AT_MOST;
    ProvisioningName: Invalid "provisioning" "names of attributes and claims have 1 to 1024 characters, none of them unseen";
    ProvisioningLoginName: Invalid "provisioning.login_name"
        "only where users are linked by subject: linked by login name, they have that name";
    ProvisioningProfileMissing: Invalid "provisioning.profiles" MISSING;
    ProvisioningProfileCount: Invalid "provisioning.profiles" AT_MOST;
    ProvisioningMap: Invalid "provisioning.profile_map" "profile_claim and profile_map need each other";
    ConnectionProtocol: Invalid "saml" "a connection keeps its protocol: make another one";
    ConnectionCount: Conflict "" APPLICATION_COUNT;
    ConnectionInUse: Conflict "" "{} users have an identity of it: take those away first";
    SamlIdentityProvider: Invalid "saml.identity_provider" ENTITY;
    SamlLoginUrl: Invalid "saml.login_url" URL;
    SamlLogoutUrl: Invalid "saml.logout_url" URL;
    SamlMetadataUrl: Invalid "saml.metadata_url" URL;
    SamlCertificateMissing: Invalid "saml.certificates" "at least one: nothing else proves what comes";
    SamlCertificateCount: Invalid "saml.certificates" AT_MOST;
    SamlCertificate: Invalid "saml.certificates" "{}";
    SamlAudienceCount: Invalid "saml.audiences" AT_MOST;
    SamlAudience: Invalid "saml.audiences" ENTITY;
    SamlKeyMissing: Invalid "saml.sign_requests" "needs a key of the connection: make one, or upload it";
    OidcIssuer: Invalid "oidc.issuer" URL;
    OidcClientId: Invalid "oidc.client_id" ENTITY;
    OidcAuthorizationEndpoint: Invalid "oidc.authorization_endpoint" URL;
    OidcTokenEndpoint: Invalid "oidc.token_endpoint" URL;
    OidcJwksUri: Invalid "oidc.jwks_uri" URL;
    OidcEndSessionEndpoint: Invalid "oidc.end_session_endpoint" URL;
    OidcJwks: Invalid "oidc.jwks" "{}";
    OidcAlgorithms: Invalid "oidc.algorithms" "one or more of {}";
    OidcScopes: Invalid "oidc.scopes" "at most {}, each of 1 to 128 characters of ASCII, no spaces";
    OidcLoginNameClaim: Invalid "oidc.login_name_claim" ENTITY;
    OidcLoginNameClaimEmail: Invalid "oidc.login_name_claim"
        "not an address for mail: providers let users choose it, so that it proves nothing";
    IdentityCount: Invalid "identities" AT_MOST;
    IdentitySubject: Invalid "identities" "a subject has 1 to {} characters, none of them a control character";
    IdentityConnectionMissing: Invalid "identities" MISSING;
    IdentityTaken: Taken "identities" TAKEN;

    GatewayRuleName: Invalid "name" "1 to {} of a-z, 0-9 and -, the first no -: it stands in addresses";
    GatewayRuleCount: Conflict "" "an installation has at most {} rules of the gate: delete one that is not needed";
    GatewayCredentialMissing: Invalid "credentials" "at least one: nobody could be let through";
    GatewayCredentialsOfNoUser: Invalid "credentials"
        "these let applications through and no user, so nothing can be asked of one: rank, privileges, kinds, populations";
    GatewayRedirectWithoutPage: Invalid "refusals"
        "redirect leads to a login at the pages, so `page` has to be among the credentials";
    GatewayAccountCount: Invalid "accounts" AT_MOST;
    GatewayAccountMissing: Invalid "accounts" MISSING;
    GatewayPrivilegeCount: Invalid "privileges" AT_MOST;
    GatewayApplicationCount: Invalid "applications" AT_MOST;
    GatewayApplicationMissing: Invalid "applications" MISSING;
    GatewayPathCount: Invalid "paths" AT_MOST;
    GatewayPath: Invalid "paths" "number {}";
}

//! `vestibule connection …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vestibule_model::AccountId;

use super::thing::{OfAccount, OneThing, OtherFields, Switch};

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectionAction {
    /// List those of an account
    List(OfAccount),
    /// Show one with all its fields, and what the identity provider has to be told
    Show(OneThing),
    /// Make one: of SAML metadata, or of an OpenID provider's issuer
    #[command(visible_alias = "create", after_long_help = ADD_EXAMPLES)]
    Add(Box<AddConnection>),
    /// Change fields of one
    #[command(after_long_help = SET_EXAMPLES)]
    Set(Box<SetConnection>),
    /// Remove one, and end the sessions that it opened
    Remove(OneThing),
    /// Give a SAML connection another key of ours; the one before still decrypts
    Key(ConnectionKey),
    /// Forget our key before the present one: what is encrypted for it is refused
    EndOverlap(OneThing),
    /// Add or remove a certificate by which a SAML identity provider signs; the others stay
    #[command(subcommand)]
    Certificate(CertificateAction),
    /// Give an OpenID connection another client secret
    Secret(ConnectionSecretArguments),
    /// Read the metadata or the keys of the identity provider now
    Refresh(OneThing),
    /// Tell everything about a login: one through a browser, a response or an ID token. Nobody is logged in
    #[command(after_long_help = TEST_EXAMPLES)]
    Test(TestConnection),
}

const ADD_EXAMPLES: &str = "\
Examples:
  vestibule connection add 12345678 adfs --metadata-url https://idp.example/metadata
  vestibule connection add 12345678 adfs --metadata idp.xml --make-key
  vestibule connection add 12345678 okta --issuer https://example.okta.com --client-id 0oa1 --client-secret-file secret.txt
Then tell the identity provider what `vestibule connection show` shows: entity_id and consumer_url, or redirect_uri.";

const SET_EXAMPLES: &str = "\
Examples:
  vestibule connection set 12345678 adfs --enabled no
  vestibule connection set 12345678 adfs --metadata idp.xml
Metadata sets login_url, logout_url and certificates of saml; certificates that it does not have go.";

const TEST_EXAMPLES: &str = "\
Examples:
  vestibule connection test 12345678 adfs --browser
  vestibule connection test 12345678 adfs --saml-response response.txt
  vestibule connection test 12345678 okta --id-token -
With --browser an address is shown: open it, log in at the identity provider, and the report appears here.
Connections of administrators have no such test: enable one, and try it in a private window.
A response is what the browser posts in the field SAMLResponse, in base64. \"-\" reads standard input.";

#[derive(Debug, Args)]
pub(crate) struct AddConnection {
    /// The account's id
    pub(crate) account: AccountId,
    /// Its name, which stands in its addresses: letters, digits, _ and -
    pub(crate) name: String,
    /// A file with the SAML metadata of the identity provider, or the discovery document of an OpenID provider
    #[arg(long, value_name = "FILE")]
    pub(crate) metadata: Option<PathBuf>,
    /// Where the SAML metadata of the identity provider is read, now and every ten minutes
    #[arg(long, value_name = "URL")]
    pub(crate) metadata_url: Option<String>,
    /// The issuer of an OpenID provider
    #[arg(long, value_name = "URL", conflicts_with = "metadata_url")]
    pub(crate) issuer: Option<String>,
    /// The client id at the OpenID provider
    #[arg(long, value_name = "ID", requires = "issuer")]
    pub(crate) client_id: Option<String>,
    /// A file with the client secret; "-": standard input
    #[arg(long, value_name = "FILE", requires = "issuer")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// What a vendor needs besides what its provider says
    #[arg(long, value_parser = ["okta", "entra"], requires = "issuer")]
    pub(crate) preset: Option<String>,
    /// Make a key of ours, which decrypts assertions, and signs requests with `--field saml.sign_requests=true`
    #[arg(long, conflicts_with = "issuer")]
    pub(crate) make_key: bool,
    #[command(flatten)]
    pub(crate) fields: ConnectionFields,
    #[command(flatten)]
    pub(crate) other: OtherFields,
}

#[derive(Debug, Args)]
pub(crate) struct SetConnection {
    #[command(flatten)]
    pub(crate) one: OneThing,
    /// Another name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A file with the SAML metadata of the identity provider as it is now
    #[arg(long, value_name = "FILE")]
    pub(crate) metadata: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fields: ConnectionFields,
    #[command(flatten)]
    pub(crate) other: OtherFields,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionFields {
    /// What stands on the button
    #[arg(long, value_name = "TEXT")]
    pub(crate) display_name: Option<String>,
    /// Whether anybody may log in by it
    #[arg(long)]
    pub(crate) enabled: Option<Switch>,
    /// Whom it logs in [default: user]
    #[arg(long, value_parser = ["user", "agent"])]
    pub(crate) population: Option<String>,
    /// How users are found: by their login name, or by their identities [default: login-name]
    #[arg(long, value_parser = ["login-name", "subject"])]
    pub(crate) linking: Option<String>,
    /// By how many seconds the clocks may differ [default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) clock_skew: Option<u64>,
    /// Whether users are made at their first login; out of what, --field provisioning.NAME=VALUE says [default: no]
    #[arg(long)]
    pub(crate) provision: Option<Switch>,
    /// Where browsers may be sent after a login that begins at the identity provider; may be given several times; none: to our
    /// own pages alone
    #[arg(long = "target", value_name = "URL")]
    pub(crate) targets: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertificateAction {
    /// Add one, beside those that are there
    Add(OneCertificate),
    /// Remove one; the last stays
    Remove(OneCertificate),
}

#[derive(Debug, Args)]
pub(crate) struct OneCertificate {
    #[command(flatten)]
    pub(crate) one: OneThing,
    /// A file with the certificate in PEM
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionKey {
    #[command(flatten)]
    pub(crate) one: OneThing,
    /// A file with the certificate in PEM; without one, a key is made
    #[arg(long, value_name = "FILE", requires = "private_key")]
    pub(crate) certificate: Option<PathBuf>,
    /// A file with its private key in PEM (PKCS #8)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) private_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionSecretArguments {
    #[command(flatten)]
    pub(crate) one: OneThing,
    /// A file with the client secret; "-": standard input
    #[arg(long, value_name = "FILE", required_unless_present = "none")]
    pub(crate) file: Option<PathBuf>,
    /// Take it away: the client is public
    #[arg(long, conflicts_with = "file")]
    pub(crate) none: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("shown").required(true))]
pub(crate) struct TestConnection {
    #[command(flatten)]
    pub(crate) one: OneThing,
    /// Show an address to open in a browser, wait until it comes back from the identity provider, and tell what came
    #[arg(long, group = "shown")]
    pub(crate) browser: bool,
    /// A file with a SAML response or assertion in base64; "-": standard input
    #[arg(long, value_name = "FILE", group = "shown")]
    pub(crate) saml_response: Option<PathBuf>,
    /// A file with an ID token; "-": standard input
    #[arg(long, value_name = "FILE", group = "shown")]
    pub(crate) id_token: Option<PathBuf>,
}

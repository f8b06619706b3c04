//! `/console/accounts/{account}/connections/new`: one is made, of what the identity provider says of itself.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::sso_addresses::ConnectionAddresses;
use vestibule_auth::{
    AdministrationError, ConnectionRequest, NewKey, NoAdministrationOrigin, PendingCreation, ProtocolKind,
    ProviderPreset, Scope, has_browser_tests,
};
use vestibule_model::{AccountId, Connection, Population, Protocol};
use vestibule_serve::forms::Fields;

use super::fields::{NAME, of_users};
use super::{connection_address, connections_address};
use crate::ConsoleState;
use crate::accounts::account_address;
use crate::forms::{Choice, Field, FormSpec, Made, MakeForm, Values, make, read, secret, show_make, word};
use crate::frame::{Frame, Viewer};
use crate::parts::sentence;
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::{Posted, SignedIn};

const PROTOCOL: &str = "protocol";

const PROTOCOLS: [(&str, ProtocolKind); 2] = [("saml", ProtocolKind::Saml), ("oidc", ProtocolKind::Oidc)];

const PRESET: &str = "preset";

const PRESETS: [(&str, Option<ProviderPreset>); 3] =
    [("", None), ("okta", Some(ProviderPreset::Okta)), ("entra", Some(ProviderPreset::Entra))];

/// What a form about another provider calls one of these.
const fn preset(preset: Option<ProviderPreset>) -> &'static str {
    match preset {
        None => "none of these",
        Some(ProviderPreset::Okta) => "Okta",
        Some(ProviderPreset::Entra) => "Microsoft Entra ID",
    }
}

struct NewForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    account: AccountId,
}

impl NewForm<'_> {
    /// What the identity provider will be given.
    fn addresses(&self) -> Result<String, NoAdministrationOrigin> {
        let of = |protocol, population| {
            ConnectionAddresses::of_name(&self.console.origins, self.account, "NAME", (protocol, population))
        };
        let callback = |population| of(ProtocolKind::Oidc, population).map(|own| own.redirect_uri);
        let saml = of(ProtocolKind::Saml, Population::User)?.entity_id().map(str::to_owned);
        let (users, agents) = (callback(Population::User)?, callback(Population::Agent)?);
        let agents = agents.filter(|agents| users.as_ref() != Some(agents));
        let (saml, users) = (saml.unwrap_or_default(), users.unwrap_or_default());
        let agents = agents.map(|agents| format!(" ({agents} for agents)")).unwrap_or_default();
        Ok(format!("{saml} for SAML, {users} for OpenID Connect{agents}"))
    }

    /// The same as it is told.
    fn told_addresses(&self) -> String {
        let given = "The identity provider is given addresses with it";
        match self.addresses() {
            Ok(own) => format!("{given}: {own}. The page of the connection shows all of them."),
            Err(why) => format!("{given}. {}.", sentence(&why.to_string())),
        }
    }

    /// Why it may be left disabled.
    fn until_tested(&self) -> &'static str {
        if has_browser_tests(self.account) {
            return "Leave it out to test the connection first.";
        }
        "Leave it out until the identity provider knows the addresses. A connection of administrators has no test in a browser: enable it then, and sign in by it in a private window."
    }
}

impl FormSpec for NewForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        let (own, all) = (account_address(self.account), connections_address(self.account));
        let above = [("Accounts", ACCOUNTS), (self.account.as_str(), own.as_str()), ("Connections", &all)];
        Frame::of(viewer, "New connection").below(above)
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let protocols = vec![Choice::new("saml", "SAML 2.0"), Choice::new("oidc", "OpenID Connect")];
        let presets = PRESETS.iter().map(|(word, known)| Choice::new(word, preset(*known))).collect();
        let mut fields = vec![
            Field::text(NAME, "Name in addresses", values)
                .needed()
                .hint(format!("1 to 64 of A-Z, a-z, 0-9, _ and -. {}", self.told_addresses())),
            Field::text("display_name", "Name for users", values)
                .hint("It stands on the button. The name in addresses, unless something else is said."),
            Field::check("enabled", "Users may sign in by it at once", values).hint(self.until_tested()),
        ];
        fields.extend(of_users(values));
        fields.extend([
            Field::select(PROTOCOL, "The identity provider speaks", values, protocols).under("The identity provider"),
            Field::area("metadata", "What it says of itself, pasted", values)
                .hint("The metadata of SAML, or the discovery document of OpenID Connect. Leave it out to have it read from the address below."),
            Field::text("saml.metadata_url", "Address of its metadata", values)
                .hint("Then new certificates come by themselves, every ten minutes.")
                .under("If it speaks SAML"),
            Field::text("saml.identity_provider", "Its entity id", values)
                .hint("Needed where the metadata has several."),
            Field::check("make_key", "Make a key of ours", values)
                .hint("To sign requests, and for assertions that are encrypted. It is made anyway where the metadata asks for signed requests."),
            Field::text("oidc.issuer", "Issuer", values)
                .hint("What it says of itself is read from there.")
                .under("If it speaks OpenID Connect"),
            Field::text("oidc.client_id", "Client id there", values),
            Field::secret("client_secret", "Client secret there")
                .hint("Leave it out for a public client. It is shown to nobody again."),
            Field::select(PRESET, "It is", values, presets).hint("Sets what that vendor needs besides."),
        ]);
        fields
    }

    fn deed(&self) -> String {
        "Make the connection".to_owned()
    }

    fn back(&self) -> String {
        connections_address(self.account)
    }
}

/// Puts what was typed over a connection; what is left empty stays as the identity provider says it.
fn fill(values: &Values, mut blank: Connection) -> Result<Connection, AdministrationError> {
    blank.name = values.text(NAME);
    blank.display_name = values.text("display_name");
    blank.enabled = values.is_on("enabled");
    blank.population = read("population", values.get("population"))?;
    blank.linking = read("linking", values.get("linking"))?;
    match &mut blank.protocol {
        Protocol::Saml(saml) => {
            saml.metadata_url = values.optional("saml.metadata_url");
            if let Some(entity_id) = values.optional("saml.identity_provider") {
                saml.identity_provider = entity_id;
            }
        }
        Protocol::Oidc(oidc) => {
            oidc.issuer = values.text("oidc.issuer");
            oidc.client_id = values.text("oidc.client_id");
        }
    }
    Ok(blank)
}

/// What was typed for the other protocol would be lost without a word.
fn expect_of_protocol(protocol: ProtocolKind, values: &Values) -> Result<(), AdministrationError> {
    let others: &[&'static str] = match protocol {
        ProtocolKind::Saml => &["oidc.issuer", "oidc.client_id", PRESET],
        ProtocolKind::Oidc => &["saml.metadata_url", "saml.identity_provider", "make_key"],
    };
    if let Some(other) = others.iter().find(|name| !values.get(name).is_empty()) {
        let reason = "this is of the other protocol: leave it out, or choose that one above";
        return Err(AdministrationError::invalid(*other, reason));
    }
    let (metadata, url) = (values.get("metadata"), values.get("saml.metadata_url"));
    if protocol == ProtocolKind::Saml && metadata.is_empty() && url.is_empty() {
        let reason = "paste the metadata, or say where it is read";
        return Err(AdministrationError::invalid("metadata", reason));
    }
    if protocol == ProtocolKind::Oidc && values.get("oidc.issuer").is_empty() {
        return Err(AdministrationError::invalid("oidc.issuer", "say the issuer"));
    }
    Ok(())
}

impl MakeForm for NewForm<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.account)
    }

    async fn make(
        &self,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let protocol = values.one_of(PROTOCOL, &PROTOCOLS)?;
        expect_of_protocol(protocol, values)?;
        let asked = ConnectionRequest {
            protocol,
            metadata: values.optional("metadata"),
            preset: values.one_of(PRESET, &PRESETS)?,
            client_secret: secret(fields, "client_secret"),
            key: if values.is_on("make_key") { NewKey::Made } else { NewKey::None },
        };
        let made = |one: &Connection| Made::at(connection_address(self.account, one.id));
        let stored = |one: &Connection| made(one).stored();
        let (administration, caller) = (self.console.administration(), &self.signed_in.caller);
        let fill = |blank| fill(values, blank);
        let idempotency = pending.with_response(&stored);
        administration
            .make_connection(caller, self.account, asked, fill, idempotency)
            .await
            .map(|one| made(&one))
    }
}

fn first() -> Values {
    let mut values = Values::default();
    values.set("population", word(Population::User));
    values.set("linking", word(vestibule_model::Linking::default()));
    values.set(PROTOCOL, "saml");
    values
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let account = place.account()?;
    show_make(&console, &signed_in, &NewForm { console: &console, signed_in: &signed_in, account }, &first())
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let form = NewForm { console: &console, signed_in: &posted.signed_in, account: place.account()? };
    make(&console, &posted, &form).await
}

//! `/console/start/{account}/bot`: an API key, a bot that is tied to it, an application token and somebody who logs in with that are
//! made, and the lines told with which they log in.
//!
//! Each is made once under a number of its own, which comes of the form's: whoever corrects the name of one of them finds those
//! before it as they were made.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, LONGEST_NAME, PendingCreation, Scope};
use vestibule_model::{Account, Feature, Privilege};
use vestibule_serve::forms::Fields;
use zeroize::Zeroizing;

use super::lines::{BotLogin, LiveVoxLogin, bot_login, livevox_login, shown};
use super::parts::Parts;
use crate::ConsoleState;
use crate::forms::{Field, FormSpec, Made, MakeForm, SUBMIT, Values, make, show_make};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::resources::{
    ACCESS_TOKEN, ACCESS_TOKEN_SECRET, APP_KEY, APPLICATION_TOKEN, SECRET, choose_privileges, privileges,
};
use crate::routes::{SESSIONS, START};
use crate::signed_in::{Posted, SignedIn};

/// The least characters of a password that is made here.
const SHORTEST: usize = 24;

/// What it is made of.
const LETTERS: &[u8; 16] = b"bcdfghjkmnpqrstv";
const DIGITS: &[u8; 8] = b"23456789";

struct SetUp<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    account: Account,
}

impl<'a> SetUp<'a> {
    fn of(console: &'a ConsoleState, signed_in: &'a SignedIn, place: &Place) -> Result<Self, ConsoleError> {
        let account = console.administration().account_of_id(&signed_in.caller, place.account()?)?;
        Ok(Self { console, signed_in, account })
    }

    /// A password that every policy takes: letters and digits in turn, so that no two neighbours follow one another.
    fn password(&self) -> Zeroizing<String> {
        let least = usize::from(self.account.password_policy.min_length).max(SHORTEST);
        let mut password = Zeroizing::new("V-".to_owned());
        while password.len() < least {
            let [letter, digit] = self.console.auth.random_bytes();
            password.push(char::from(LETTERS[usize::from(letter) % LETTERS.len()]));
            password.push(char::from(DIGITS[usize::from(digit) % DIGITS.len()]));
        }
        password
    }

    /// The lines with which those who were made log in, and what these are made of.
    fn told(&self, values: &Values, key: &Made, token: &Made, password: Zeroizing<String>) -> Made {
        let (origin, account) = (self.console.clients.origin(), self.account.id);
        let bot = BotLogin {
            user_name: values.get("bot.login_name"),
            app_key: key.secret(APP_KEY),
            secret: key.secret(SECRET),
            access_token: key.secret(ACCESS_TOKEN),
            access_token_secret: key.secret(ACCESS_TOKEN_SECRET),
        };
        let person = LiveVoxLogin {
            token: token.secret(APPLICATION_TOKEN),
            client_name: &self.account.code,
            user_name: values.get("person.login_name"),
            password: &password,
        };
        let lines = [
            ("Logs the bot in, as LivePerson has it", shown(&bot_login(origin, account.as_str(), &bot))),
            ("Logs the user in, as LiveVox has it", shown(&livevox_login(origin, &person))),
        ];
        let made = Made::at(format!("{SESSIONS}?account={account}"));
        let made = lines.into_iter().fold(made, |made, (name, line)| made.with_secret(name, line.into()));
        made.with_all_of(key).with_all_of(token).with_secret("Password of the LiveVox user", password)
    }
}

impl FormSpec for SetUp<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        Frame::of(viewer, format!("Set up a bot and a LiveVox client in {}", self.account.id))
            .below([("Set up a bot and a LiveVox client", START)])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let name = |name, label| Field::text(name, label, values).needed().longest(LONGEST_NAME);
        vec![
            name("key.name", "Name of the key").under("2. An API key"),
            privileges("key.privileges", values),
            name("bot.login_name", "Login name of the bot")
                .under("3. A bot that logs in with it")
                .hint("Bots may log in to the account from then on, if they might not (feature \u{201c}User Type - Bot\u{201d})."),
            name("token.name", "Name of the token").under("4. An application token, for LiveVox"),
            name("person.login_name", "Login name of a user")
                .hint("LiveVox clients log users in, with the token beside the password. This one is made with a password that is shown once."),
        ]
    }

    fn deed(&self) -> String {
        "Make all four".to_owned()
    }

    fn back(&self) -> String {
        START.to_owned()
    }

    fn done_before(field: &str) -> &'static str {
        match field.split('.').next() {
            Some("key") => "Nothing more was made",
            Some("bot") => "The API key is there already",
            Some("token") => "The API key and the bot are there already",
            Some("person") => "The API key, the bot and the application token are there already",
            _ => "What was made before is there already",
        }
    }
}

impl MakeForm for SetUp<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.account.id)
    }

    async fn make(
        &self,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let parts = Parts {
            administration: self.console.administration(),
            caller: &self.signed_in.caller,
            account: self.account.id,
            values,
            submit: fields.get(SUBMIT),
        };
        let key = parts.key().await?;
        self.let_bots_in().await?;
        parts.bot(key.secret(APP_KEY)).await?;
        let token = parts.token().await?;
        let password = self.password();
        let told = || self.told(values, &key, &token, password.clone());
        parts.person(password.clone(), &|| told().stored(), pending).await?;
        Ok(told())
    }
}

impl SetUp<'_> {
    async fn let_bots_in(&self) -> Result<(), AdministrationError> {
        if self.account.features.contains(&Feature::UserTypeBot) {
            return Ok(());
        }
        let edit = |present: &Account| {
            let mut after = present.clone();
            after.features.insert(Feature::UserTypeBot);
            Ok(after)
        };
        let administration = self.console.administration();
        let caller = &self.signed_in.caller;
        administration.change_account(caller, self.account.id, edit, |_| Ok(())).await.map(drop)
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let form = SetUp::of(&console, &signed_in, &place)?;
    let mut values = Values::default();
    // Names that nobody has.
    let [one, two] = console.auth.random_bytes();
    let own = format!("{one:02x}{two:02x}");
    values.set("key.name", format!("Bot {own}"));
    choose_privileges("key.privileges", &mut values, &[Privilege::UserLogin]);
    values.set("bot.login_name", format!("bot-{own}"));
    values.set("token.name", format!("LiveVox {own}"));
    values.set("person.login_name", format!("livevox-{own}"));
    show_make(&console, &signed_in, &form, &values)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let form = SetUp::of(&console, &posted.signed_in, &place)?;
    make(&console, &posted, &form).await
}

//! Something is done that has consequences: a page names them first.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::AdministrationError;
use vestibule_model::visible;
use vestibule_serve::forms::Fields;

use super::field::Field;
use super::page::CHANGED;
use super::values::SUBMIT;
use super::{Step, Values};
use crate::answer;
use crate::frame::Frame;
use crate::parts::Fact;
use crate::refused::ConsoleError;
use crate::said::Said;

/// The field into which a name is typed.
const NAME: &str = "name";

/// Something that is to be done, as its page tells it.
#[derive(Template)]
#[template(path = "deed.html")]
pub(crate) struct Deed {
    /// Its title is the question whether it is meant.
    pub(crate) frame: Frame,
    /// What follows, in sentences.
    pub(crate) consequences: Vec<String>,
    /// What it is done to.
    pub(crate) facts: Vec<Fact>,
    /// What has to be typed, so that nobody does it to something else.
    pub(crate) typed: Option<String>,
    /// The number of its form, or which state is meant, if it would do something else when it is sent again.
    pub(crate) submit: Option<String>,
    /// What its button says.
    pub(crate) button: String,
    /// Whether something ends by it.
    pub(crate) is_an_end: bool,
    /// Where somebody goes who does not want it.
    pub(crate) back: String,
}

impl Deed {
    /// What has to be typed, as the page asks for it.
    fn field(&self) -> Option<Field> {
        let name = self.typed.as_deref()?;
        let hint = format!("Type {} to say that this is the one.", visible(name));
        Some(Field::text(NAME, "Its name", &Values::default()).hint(hint).needed())
    }

    /// Fields that nobody sees.
    fn hidden(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("step", "do")].into_iter().chain(self.submit.as_deref().map(|submit| (SUBMIT, submit)))
    }

    /// The page.
    pub(crate) fn page(&self) -> Response {
        answer::page(StatusCode::OK, self)
    }

    /// The page, if the form was not sent to have it done, or without what has to be typed; None: it is to be done.
    pub(crate) fn held_back(&mut self, fields: &Fields) -> Option<Response> {
        match Step::of(fields) {
            Step::Do => {}
            Step::Show => return Some(self.page()),
            Step::Again => {
                self.frame.said = Some(Said::good("You had to sign in again. Nothing was done yet."));
                return Some(self.page());
            }
        }
        let typed = fields.get(NAME);
        // Whoever reads a name in which something is hidden types what is shown.
        if self.typed.as_deref().is_none_or(|name| name == typed || visible(name) == typed) {
            return None;
        }
        self.frame.said = Some(Said::bad("Nothing was done: what you typed is not its name."));
        let error = AdministrationError::invalid(NAME, "this is not the name");
        Some(answer::caused_by(answer::page(StatusCode::UNPROCESSABLE_ENTITY, self), error))
    }

    /// The page with what kept the engine from doing it.
    pub(crate) fn refused(mut self, error: AdministrationError) -> Result<Response, ConsoleError> {
        let reason = match &error {
            AdministrationError::Conflict(reason) => reason.as_str(),
            AdministrationError::Changed => CHANGED,
            _ => return Err(error.into()),
        };
        self.frame.said = Some(Said::bad(format!("Nothing was done: {reason}.")));
        Ok(answer::caused_by(answer::page(StatusCode::CONFLICT, &self), error))
    }
}

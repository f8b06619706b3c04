//! The page of a form.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::AdministrationError;
use vestibule_model::told;

use super::field::Field;
use super::values::Values;
use crate::answer;
use crate::frame::{Frame, Viewer};
use crate::parts::sentence;
use crate::refused::{ConsoleError, LONGEST};
use crate::said::{self, Said};

/// Why something is not done that would be done to something else than was shown.
pub(super) const CHANGED: &str = "somebody else has changed this in the meantime. It is so now";

/// What a form is about.
pub(crate) trait FormSpec {
    /// Its page, by name, below what it belongs to.
    fn frame(&self, viewer: Viewer<'_>) -> Frame;

    /// Its fields, with these values.
    fn fields(&self, values: &Values) -> Vec<Field>;

    /// What its button says.
    fn deed(&self) -> String;

    /// Where somebody goes who does not want it.
    fn back(&self) -> String;

    /// What was done before this field was refused, or, without a name, before anything was.
    #[must_use]
    fn done_before(field: &str) -> &'static str
    where
        Self: Sized,
    {
        if field.is_empty() { "Nothing was done" } else { "Nothing was done yet" }
    }
}

/// A form as it stands on its page.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct Form {
    pub(super) frame: Frame,
    pub(super) fields: Vec<Field>,
    /// Fields that nobody sees.
    pub(super) hidden: Vec<(String, String)>,
    pub(super) deed: String,
    pub(super) back: String,
    /// What was done already, of what is refused now.
    pub(super) done_before: fn(&str) -> &'static str,
}

impl Form {
    pub(crate) fn of<S: FormSpec>(spec: &S, viewer: Viewer<'_>, values: &Values) -> Self {
        Self {
            frame: spec.frame(viewer),
            fields: spec.fields(values),
            hidden: Vec::new(),
            deed: spec.deed(),
            back: spec.back(),
            done_before: S::done_before,
        }
    }

    /// The page.
    pub(crate) fn page(&self) -> Response {
        answer::page(StatusCode::OK, self)
    }

    /// The page as it was typed, of which nothing was done.
    pub(super) fn page_again(mut self) -> Response {
        let secrets = self.fields.iter().any(Field::is_secret);
        let words = if secrets {
            "This is what you typed; type passwords again. Nothing was done yet."
        } else {
            "This is what you typed. Nothing was done yet."
        };
        self.frame.said = Some(Said::good(words));
        self.page()
    }

    /// The page as it was typed, which shows something else now than it did: nothing of it was done.
    pub(super) fn changed(mut self) -> Response {
        let again = if self.fields.iter().any(Field::is_secret) { ": type passwords again" } else { "" };
        self.frame.said = Some(Said::bad(format!("Nothing was done: {CHANGED}{again}.")));
        answer::caused_by(answer::page(StatusCode::CONFLICT, &self), AdministrationError::Changed)
    }

    /// The page as it was typed, with what is wrong beside each field. An error that is no matter of a form is given back.
    pub(crate) fn refused(mut self, error: AdministrationError) -> Result<Response, ConsoleError> {
        let (status, field, reason) = match &error {
            AdministrationError::Invalid { field, reason } => {
                (StatusCode::UNPROCESSABLE_ENTITY, field.as_ref(), reason.clone())
            }
            AdministrationError::Taken(field) => {
                (StatusCode::UNPROCESSABLE_ENTITY, *field, "this is taken".to_owned())
            }
            AdministrationError::Conflict(reason) => (StatusCode::CONFLICT, "", reason.clone()),
            AdministrationError::LogIn(refused) => {
                let (status, said) = said::of_log_in(refused);
                self.frame.said = Some(said);
                return Ok(answer::caused_by(answer::page(status, &self), error));
            }
            _ => return Err(error.into()),
        };
        let reason = told(&reason, LONGEST);
        match self.fields.iter_mut().find(|its| !field.is_empty() && its.is_meant_by(field)) {
            Some(its) => its.error = Some(sentence(&reason)),
            None => self.frame.said = Some(Said::bad(format!("{}: {reason}.", (self.done_before)("")))),
        }
        Ok(answer::caused_by(answer::page(status, &self), error))
    }

    /// What was done before the first of these was refused.
    fn so_far(&self, wrong: &[&Field]) -> &'static str {
        (self.done_before)(wrong.first().map_or("", |field| field.name.as_str()))
    }

    /// The fields with which something is wrong.
    fn wrong(&self) -> Vec<&Field> {
        self.fields.iter().filter(|field| field.error.is_some()).collect()
    }
}

//! Something is changed: what is different is shown, and then it is done to what the form was made from.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Scope};

use super::done::Done;
use super::field::{Field, NOTHING};
use super::page::{Form, FormSpec};
use super::was::Was;
use super::{Step, Values};
use crate::answer;
use crate::frame::Frame;
use crate::refused::ConsoleError;
use crate::said::Said;
use crate::signed_in::{Posted, SignedIn};

/// A form by which something is changed.
pub(crate) trait EditForm: FormSpec + Sync {
    /// What is changed.
    type Thing: Clone + Send + Sync;

    /// What the engine has to allow.
    fn scope(&self) -> Scope;

    /// The thing as it is now.
    fn present(&self) -> Result<Self::Thing, AdministrationError>;

    /// What the fields hold for it.
    fn values(&self, thing: &Self::Thing) -> Values;

    /// Gives the thing what the fields hold; what they do not hold stays.
    fn apply(&self, values: &Values, thing: &mut Self::Thing) -> Result<(), AdministrationError>;

    /// What follows from the change, in sentences.
    fn consequences(
        &self,
        before: &Self::Thing,
        after: &Self::Thing,
    ) -> impl Future<Output = Result<Vec<String>, AdministrationError>> + Send;

    /// Has the engine change it: `edit` does to the present thing what is wanted, and `unchanged` is asked about it last.
    fn change(
        &self,
        edit: impl Fn(&mut Self::Thing) -> Result<(), AdministrationError> + Send + Sync,
        unchanged: impl Fn(&Self::Thing) -> Result<(), AdministrationError> + Send + Sync,
    ) -> impl Future<Output = Result<(), AdministrationError>> + Send;
}

/// A field that is different.
struct Different {
    label: &'static str,
    before: String,
    after: String,
}

/// What would be changed.
#[derive(Template)]
#[template(path = "difference.html")]
struct DifferencePage {
    frame: Frame,
    different: Vec<Different>,
    consequences: Vec<String>,
    hidden: Vec<(String, String)>,
    deed: String,
    back: String,
}

/// A field that somebody else has changed meanwhile, or that both have.
struct Contested {
    label: &'static str,
    before: String,
    theirs: String,
    yours: String,
}

/// What somebody else has changed meanwhile.
#[derive(Template)]
#[template(path = "contested.html")]
struct ContestedPage {
    frame: Frame,
    contested: Vec<Contested>,
    consequences: Vec<String>,
    hidden: Vec<(String, String)>,
    back: String,
}

/// `GET`: the form as the thing is now. Refuses whoever may not send it.
pub(crate) fn show_edit(signed_in: &SignedIn, spec: &impl EditForm) -> Result<Response, ConsoleError> {
    signed_in.caller.require(spec.scope())?;
    let values = spec.values(&spec.present()?);
    Ok(form(signed_in, spec, &values, &Was::of(&values)).page())
}

fn form(signed_in: &SignedIn, spec: &impl EditForm, values: &Values, was: &Was) -> Form {
    let deed = "Show what changes".to_owned();
    Form { hidden: was.hidden().collect(), deed, ..Form::of(spec, signed_in.viewer(), values) }
}

/// `POST`: shows what would be changed, or changes it.
pub(crate) async fn edit(
    Posted { signed_in, fields }: &Posted,
    spec: &impl EditForm,
) -> Result<Response, ConsoleError> {
    signed_in.caller.require(spec.scope())?;
    let (typed, was) = (Values::typed(fields), Was::read(fields));
    let form = || form(signed_in, spec, &typed, &was);
    let present = spec.present()?;
    let mut after = present.clone();
    if Step::of(fields) == Step::Again {
        return Ok(form().page_again());
    }
    if let Err(error) = spec.apply(&typed, &mut after) {
        return form().refused(error);
    }
    let (is, wanted) = (spec.values(&present), spec.values(&after));
    if is == wanted {
        return Ok(answer::see_other(&Done::Same.at(&spec.back())));
    }
    let edit = |thing: &mut _| spec.apply(&typed, thing);
    if Step::of(fields) == Step::Do {
        let unchanged = |present: &_| was.expect(&spec.values(present));
        return match spec.change(edit, unchanged).await {
            Ok(()) => Ok(answer::see_other(&Done::Changed.at(&spec.back()))),
            Err(AdministrationError::Changed) => contested(signed_in, spec, &typed, &was).await,
            Err(error) => form().refused(error),
        };
    }
    // The engine says what it would refuse; the condition, which it asks last, keeps it from doing anything.
    match spec.change(edit, |_| Err(AdministrationError::Changed)).await {
        Ok(()) | Err(AdministrationError::Changed) => {}
        Err(error) => return form().refused(error),
    }
    if !was.is(&is) {
        return contested(signed_in, spec, &typed, &was).await;
    }
    let consequences = spec.consequences(&present, &after).await?;
    Ok(difference(signed_in, spec, &typed, (&is, &wanted), consequences))
}

/// Every field that is among those of any of these values, and what it holds in each.
fn side_by_side<const N: usize>(spec: &impl EditForm, of: [&Values; N]) -> Vec<(&'static str, [String; N])> {
    let forms = of.map(|values| spec.fields(values));
    let mut all: Vec<&Field> = Vec::new();
    for field in forms.iter().flatten() {
        if !all.iter().any(|known| known.name == field.name) {
            all.push(field);
        }
    }
    let words = |form: &Vec<Field>, name: &str| {
        let its = form.iter().find(|field| field.name == name);
        its.map_or_else(|| NOTHING.to_owned(), Field::words)
    };
    let told = |field: &&Field| (field.label, forms.each_ref().map(|form| words(form, &field.name)));
    all.iter().map(told).collect()
}

fn difference(
    signed_in: &SignedIn,
    spec: &impl EditForm,
    typed: &Values,
    (is, wanted): (&Values, &Values),
    consequences: Vec<String>,
) -> Response {
    let told = |(label, [before, after]): (&'static str, [String; 2])| Different { label, before, after };
    let is_different = |one: &Different| one.before != one.after;
    let page = DifferencePage {
        frame: spec.frame(signed_in.viewer()),
        different: side_by_side(spec, [is, wanted]).into_iter().map(told).filter(is_different).collect(),
        consequences,
        hidden: typed.as_typed().chain(Was::of(is).hidden()).collect(),
        deed: spec.deed(),
        back: spec.back(),
    };
    answer::page(StatusCode::OK, &page)
}

/// Somebody else was faster: what was before, what they have made of it, and what it would be with what is wanted here. Nothing was
/// done, but if it is as it is wanted.
async fn contested(
    signed_in: &SignedIn,
    spec: &impl EditForm,
    typed: &Values,
    was: &Was,
) -> Result<Response, ConsoleError> {
    let present = spec.present()?;
    let is = spec.values(&present);
    let merged = typed.upon(was, &is);
    let mut after = present.clone();
    if let Err(error) = spec.apply(&merged, &mut after) {
        return form(signed_in, spec, typed, was).refused(error);
    }
    let wanted = spec.values(&after);
    if is == wanted {
        return Ok(answer::see_other(&Done::Same.at(&spec.back())));
    }
    let told = |(label, [before, theirs, yours]): (&'static str, [String; 3])| Contested {
        label,
        before,
        theirs,
        yours,
    };
    let is_contested = |one: &Contested| one.before != one.theirs || one.theirs != one.yours;
    let said = Said::bad("Somebody else has changed this in the meantime. Nothing of yours was done yet.");
    let page = ContestedPage {
        frame: spec.frame(signed_in.viewer()).saying(Some(said)),
        contested: side_by_side(spec, [&was.values([&is, typed]), &is, &wanted])
            .into_iter()
            .map(told)
            .filter(is_contested)
            .collect(),
        consequences: spec.consequences(&present, &after).await?,
        hidden: merged.as_typed().chain(Was::of(&is).hidden()).collect(),
        back: spec.back(),
    };
    Ok(answer::caused_by(answer::page(StatusCode::CONFLICT, &page), AdministrationError::Changed))
}

//! The description of the operations of every kind, made of the kind's words.

use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn, Paths, PathsBuilder,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, PathItem, Ref, RefOr, Required, ResponseBuilder, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::RepresentedResource;
use super::page::Page;
use crate::admin::idempotency::KEY_DESCRIPTION;
use crate::admin::paging::PageParameters;
use crate::admin::problem::Problem;

/// The words of a kind.
pub(in crate::admin) struct Words {
    /// The last part of the path of all of them.
    pub(in crate::admin) collection: &'static str,
    /// What the operations are grouped by.
    pub(in crate::admin) tag: &'static str,
    /// The name of the schema of a page.
    pub(in crate::admin) page: &'static str,
    /// What the operations do, each in a sentence or two.
    pub(in crate::admin) list: &'static str,
    pub(in crate::admin) make: &'static str,
    pub(in crate::admin) read: &'static str,
    pub(in crate::admin) change: &'static str,
    pub(in crate::admin) delete: &'static str,
    /// Refusals of a change, and of a deletion, beside those that every kind has.
    pub(in crate::admin) change_refusals: &'static [u16],
    pub(in crate::admin) delete_refusals: &'static [u16],
}

/// A schema, by its name.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

const JSON: &str = "application/json";

/// The shapes that a kind's operations refer to.
pub(super) fn schemas<R: RepresentedResource>() -> Schemas {
    let mut all = Schemas::new();
    add::<Page<R>>(&mut all);
    add::<R::ListItem>(&mut all);
    add::<R::Item>(&mut all);
    add::<R::Details>(&mut all);
    add::<R::New>(&mut all);
    add::<R::Created>(&mut all);
    add::<Problem>(&mut all);
    all
}

/// Adds a shape, and those that it refers to.
pub(super) fn add<T: ToSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// The operations on all of a kind.
pub(super) fn of_collection<R: RepresentedResource>() -> Paths {
    let words = R::WORDS;
    let list = PageParameters::into_params(|| Some(ParameterIn::Query));
    let list = of_account(&words, "list", words.list).parameters(Some(list));
    let list = refused(answered::<Page<R>>(list, "200"), &[400, 403, 404]);
    let make = of_account(&words, "make", words.make)
        .parameter(idempotency_key())
        .request_body(Some(body::<R::New>(JSON)));
    let make = refused(answered::<R::Created>(make, "201"), &[403, 404, 409, 422]);
    let item = PathItem::new(HttpMethod::Get, list);
    paths(collection(&words), with(item, HttpMethod::Post, make.build()))
}

/// The operations on one of a kind.
pub(super) fn of_one<R: RepresentedResource>() -> Paths {
    let words = R::WORDS;
    let read = answered::<R::ListItem>(of_one_thing(&words, "read", words.read), "200");
    let read = refused(read, &[403, 404]);
    let change = of_one_thing(&words, "change", words.change)
        .parameter(if_match())
        .request_body(Some(body::<R::Details>("application/merge-patch+json")));
    let change = refused(answered::<R::Item>(change, "200"), &[404, 412, 422, 428]);
    let change = refused(change, words.change_refusals);
    let delete = of_one_thing(&words, "delete", words.delete)
        .parameter(if_match())
        .response("204", ResponseBuilder::new());
    let delete = refused(refused(delete, &[404, 412, 428]), words.delete_refusals);
    let item = PathItem::new(HttpMethod::Get, read);
    let item = with(item, HttpMethod::Patch, change.build());
    paths(format!("{}/{{id}}", collection(&words)), with(item, HttpMethod::Delete, delete.build()))
}

fn collection(words: &Words) -> String {
    format!("/admin/v1/accounts/{{account}}/{}", words.collection)
}

pub(super) fn paths(path: String, item: PathItem) -> Paths {
    PathsBuilder::new().path(path, item).build()
}

fn with(mut item: PathItem, method: HttpMethod, operation: Operation) -> PathItem {
    item.merge_operations(PathItem::new(method, operation));
    item
}

/// An operation on things of an account.
fn of_account(words: &Words, name: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new()
        .operation_id(Some(name))
        .tag(words.tag)
        .summary(Some(summary))
        .security(SecurityRequirement::new("bearer", [""; 0]))
        .parameter(variable("account").schema(Some(String::schema())))
}

/// An operation on one of them.
pub(super) fn of_one_thing(words: &Words, name: &str, summary: &str) -> OperationBuilder {
    of_account(words, name, summary).parameter(variable("id").schema(Some(i64::schema())))
}

fn variable(name: &str) -> ParameterBuilder {
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True)
}

fn header(name: &str, required: Required) -> ParameterBuilder {
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(required)
}

pub(super) fn if_match() -> ParameterBuilder {
    header("If-Match", Required::True).schema(Some(String::schema()))
}

pub(super) fn idempotency_key() -> ParameterBuilder {
    header("Idempotency-Key", Required::False)
        .description(Some(KEY_DESCRIPTION))
        .schema(Some(Option::<String>::schema()))
}

fn body<T: ToSchema>(media_type: &str) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(T::name()))).build();
    RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True)).build()
}

/// The operation, answering this shape.
pub(super) fn answered<T: ToSchema>(operation: OperationBuilder, status: &str) -> OperationBuilder {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(T::name()))).build();
    operation.response(status, ResponseBuilder::new().content(JSON, content))
}

/// The operation, refusing with these statuses.
pub(super) fn refused(operation: OperationBuilder, statuses: &[u16]) -> OperationBuilder {
    statuses.iter().fold(operation, |operation, status| answered::<Problem>(operation, &status.to_string()))
}

// Shows openapi.json: operations by tag, then the shapes that they name. Everything is put in as text, never as markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

// Text in which `code` stands between back quotes, as nodes.
function words(text) {
  return String(text || "").split("`").map((part, place) =>
    place % 2 === 1 ? element("code", {}, [part]) : document.createTextNode(part));
}

function element(name, attributes, children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  for (const child of children || []) made.append(child);
  return made;
}

function nameOf(reference) {
  return reference.split("/").pop();
}

// What kind of value a schema asks for, as nodes; shapes with a name are links to them.
function kindOf(schema) {
  if (schema === undefined || schema === true) return ["any value"];
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return [element("a", { href: "#shape-" + name }, [name])];
  }
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(", ")];
  const choices = schema.oneOf || schema.anyOf;
  if (choices) return joined(choices.map(kindOf), " or ");
  if (schema.allOf) return joined(schema.allOf.map(kindOf), " with ");
  if (schema.items) return ["list of ", ...kindOf(schema.items)];
  const types = [].concat(schema.type || "any value");
  return [types.join(" or ") + (schema.format ? " (" + schema.format + ")" : "")];
}

function joined(parts, between) {
  return parts.flatMap((part, place) => (place === 0 ? part : [between, ...part]));
}

// The rows of an object's fields; an object that is made of others has theirs.
function fieldsOf(schema) {
  const own = Object.entries(schema.properties || {}).map(([name, field]) => ({
    name, field, needed: (schema.required || []).includes(name),
  }));
  return own.concat((schema.allOf || []).filter((part) => !part.$ref).flatMap(fieldsOf));
}

function row(name, needed, kind, text) {
  const first = element("td", {}, [element("code", {}, [name])]);
  if (needed) first.append(" ", element("span", { class: "needed" }, ["needed"]));
  return element("tr", {}, [first, element("td", { class: "type" }, kind), element("td", {}, words(text))]);
}

function table(headings, rows) {
  const head = element("tr", {}, headings.map((text) => element("th", { scope: "col" }, [text])));
  return element("table", {}, [element("thead", {}, [head]), element("tbody", {}, rows)]);
}

function shapeBody(schema) {
  const parts = [];
  const others = (schema.allOf || []).filter((part) => part.$ref);
  if (schema.description) parts.push(element("p", {}, words(schema.description)));
  if (others.length) parts.push(element("p", {}, ["With the fields of ", ...joined(others.map(kindOf), ", "), "."]));
  const fields = fieldsOf(schema);
  if (fields.length) {
    const rows = fields.map(({ name, field, needed }) => row(name, needed, kindOf(field), field.description));
    parts.push(table(["Field", "Kind", "Meaning"], rows));
  } else if (!others.length) {
    parts.push(element("p", { class: "type" }, kindOf(schema)));
  }
  return parts;
}

function parameters(operation) {
  const all = operation.parameters || [];
  if (!all.length) return [];
  const rows = all.map((parameter) =>
    row(parameter.name, parameter.required, [parameter.in + ", ", ...kindOf(parameter.schema)], parameter.description));
  return [element("h4", {}, ["Parameters"]), table(["Name", "Where, kind", "Meaning"], rows)];
}

function contents(content) {
  return Object.entries(content || {}).map(([type, { schema }]) =>
    element("p", {}, [element("code", {}, [type]), ": ", element("span", { class: "type" }, kindOf(schema))]));
}

function answers(operation) {
  const rows = Object.entries(operation.responses || {}).map(([status, answer]) =>
    element("tr", {}, [
      element("td", {}, [element("code", {}, [status])]),
      element("td", {}, contents(answer.content)),
      element("td", {}, words(answer.description)),
    ]));
  return [element("h4", {}, ["Answers"]), table(["Status", "Body", "Meaning"], rows)];
}

function operationNode(method, path, operation) {
  const text = [operation.summary, operation.description].filter(Boolean).join(" ");
  const summary = element("summary", {}, [
    element("span", { class: "method " + method }, [method.toUpperCase()]),
    element("span", { class: "path" }, [path]),
    element("span", { class: "words" }, words(operation.summary || "")),
  ]);
  const inside = element("div", { class: "inside" }, operation.description ? [element("p", {}, words(operation.description))] : []);
  const proof = operation.security ? "Needs " : "Needs no credential.";
  inside.append(element("p", {}, operation.security ? [proof, element("code", {}, ["Authorization: Bearer"]), "."] : [proof]));
  inside.append(...parameters(operation));
  if (operation.requestBody) inside.append(element("h4", {}, ["Body"]), ...contents(operation.requestBody.content));
  inside.append(...answers(operation));
  const id = "operation-" + method + path.replace(/[^a-zA-Z0-9]+/g, "-");
  const node = element("details", { id, class: "operation" }, [summary, inside]);
  node.dataset.text = [method, path, text, ...(operation.parameters || []).map(({ name }) => name)].join(" ").toLowerCase();
  return node;
}

// Every operation, as [tag, method, path, operation], in the order of the description.
function operationsOf(description) {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) =>
      [(methods[method].tags || ["other"])[0], method, path, methods[method]]));
}

function section(title, id, nodes) {
  return element("section", { id }, [element("h2", {}, [title]), ...nodes]);
}

function shapeNode(name, schema) {
  const summary = element("summary", {}, [element("span", { class: "path" }, [name])]);
  const inside = element("div", { class: "inside" }, shapeBody(schema));
  return element("details", { id: "shape-" + name }, [summary, inside]);
}

function show(description) {
  const all = operationsOf(description);
  const tags = [...new Set(all.map(([tag]) => tag))];
  const main = document.getElementById("operations");
  const list = element("ul", {}, []);
  const enter = (title, id, nodes) => {
    main.append(section(title, id, nodes));
    list.append(element("li", {}, [element("a", { href: "#" + id }, [title])]));
  };
  for (const tag of tags) {
    const nodes = all.filter(([own]) => own === tag).map(([, method, path, operation]) => operationNode(method, path, operation));
    enter(tag, "tag-" + tag.replace(/ /g, "-"), nodes);
  }
  const shapes = Object.entries((description.components || {}).schemas || {});
  enter("shapes", "shapes", shapes.map(([name, schema]) => shapeNode(name, schema)));
  document.getElementById("contents").append(list);
}

// Hides the operations that do not have every word of the filter, and sections without any.
function filter() {
  const wanted = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  const operations = [...document.querySelectorAll(".operation")];
  for (const node of operations) {
    node.hidden = !wanted.every((word) => node.dataset.text.includes(word));
    shown += node.hidden ? 0 : 1;
  }
  for (const part of document.querySelectorAll("main section")) {
    const own = [...part.querySelectorAll(".operation")];
    part.hidden = own.length > 0 && own.every((node) => node.hidden);
  }
  document.getElementById("count").textContent = shown + " of " + operations.length + " operations";
}

// Opens what the address names, so that links to shapes and operations lead somewhere.
function openNamed() {
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named && named.tagName === "DETAILS") named.open = true;
  if (named) named.scrollIntoView();
}

async function start() {
  const answer = await fetch("openapi.json");
  if (!answer.ok) throw new Error("openapi.json: " + answer.status);
  show(await answer.json());
  filter();
  document.getElementById("filter").addEventListener("input", filter);
  window.addEventListener("hashchange", openNamed);
  openNamed();
}

start().catch((error) => {
  document.getElementById("count").textContent = "The description could not be shown: " + error.message;
});

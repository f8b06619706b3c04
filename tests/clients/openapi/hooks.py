"""What a description cannot say: strings of formats, and how the fields of one request belong together.

Only requests that are meant to be right are touched; those that are meant to be wrong go out as they are.
"""

import ipaddress
import json
import os
import time
import uuid
from pathlib import Path

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

addresses = st.ip_addresses().map(str)
schemathesis.openapi.format("time-zone", st.sampled_from(["UTC", "Europe/Athens", "America/New_York", "Asia/Kolkata"]))
schemathesis.openapi.format("ip", addresses)
schemathesis.openapi.format("ip-network", st.one_of(addresses, st.ip_addresses(v=4).map(lambda ip: f"{ip}/32")))
schemathesis.openapi.format("host-port", st.sampled_from(["example.com", "example.com:8443", "[2001:db8::1]:443"]))
schemathesis.openapi.format("path-pattern", st.sampled_from(["/", "/v1/reports/*", "/v1/%C3%A9/**"]))
schemathesis.openapi.format("redirect-uri", st.uuids().map(lambda random: f"https://app.example/{random}"))
schemathesis.openapi.format("password", st.uuids().map(lambda random: f"Orchard-{random}"))

# The heads of pictures of one pixel; what is behind them is not looked at. An example in JSON cannot be one.
PICTURES = {
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0",
    "image/jpeg": b"\xff\xd8\xff\xc0\0\x11\x08\0\x01\0\x01\x03\x01\x22\0\x02\x11\x01\x03\x11\x01",
    "image/webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0",
}

TOKEN_ID = os.environ["VESTIBULE_TOKEN_ID"]
FOLDER = Path(__file__).resolve().parent
EXAMPLES = json.loads((FOLDER / "../../../crates/http/src/admin/description/examples.json").read_text())


@schemathesis.deserializer("application/jsonl")
def entries(context, response):
    """The last of the entries; without any there is nothing to be held against the shape but the example of one."""
    lines = response.content.splitlines()
    content = context.operation.definition.raw["responses"]["200"]["content"]["application/jsonl"]
    return json.loads(lines[-1]) if lines else content["example"]


@schemathesis.hook
def before_call(context, case, kwargs):
    keep_own_token(case)
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    headers_that_agree(case)
    # Cursors come from the page before.
    if case.query:
        case.query.pop("cursor", None)
        # The first day is not after the last, and not long before it.
        if case.operation.path.endswith("/traffic"):
            case.query.pop("from", None)
            case.query.pop("to", None)
        # Of one thing at most.
        if case.operation.path.endswith("/consequences"):
            for other in [name for name in ("user", "application", "connection") if name in case.query][1:]:
                case.query.pop(other)
    if isinstance(case.body, str) and case.media_type in PICTURES:
        kwargs["data"] = PICTURES[case.media_type]
    if isinstance(case.body, dict):
        body_that_agrees(case.operation.path, case.body)


def keep_own_token(case):
    """Nobody goes on after revoking the token that is shown."""
    if str((case.path_parameters or {}).get("id")) == TOKEN_ID:
        case.path_parameters["id"] = 1


def headers_that_agree(case):
    """A tag that is right, and a key of its own for every request."""
    taken = {parameter["name"] for parameter in case.operation.definition.raw.get("parameters", [])}
    if "If-Match" in taken and case.operation.method.upper() == "PUT":
        case.headers = case.headers or {}
        case.headers["If-Match"] = "*"
    for name in list(case.headers or {}):
        if name.lower() == "if-match":
            case.headers[name] = "*"
        elif name.lower() == "idempotency-key":
            case.headers[name] = str(uuid.uuid4())
        elif name.lower() == "if-none-match":
            del case.headers[name]
    if case.operation.path.endswith("/gateway-rules/{name}") and case.operation.method.upper() == "PUT":
        # Each makes a rule: there is none of any other name to be changed.
        case.path_parameters["name"] = str(uuid.uuid4())
        case.headers.pop("If-Match", None)
        case.headers["If-None-Match"] = "*"


def body_that_agrees(path, body):
    if body.get("role") in ("owner", "administrator", "auditor"):
        role_that_is_limited_as_it_must(body)
    if "expires" in body:
        body["expires"] = int(time.time() * 1000) + 3_600_000
    if isinstance(body.get("password"), str) and "/users" in path:
        body["password"] = f"Orchard-{uuid.uuid4()}"
    if isinstance(body.get("password_policy"), dict):
        policy_that_leaves_passwords(body["password_policy"])
    if path.endswith("/session-ends"):
        # One of the three.
        body.clear()
        body["sessions"] = [str(uuid.uuid4())]
    if path.endswith("/why"):
        body.clear()
        body["session"] = str(uuid.uuid4())
    if "/users" in path:
        user_that_refers_to_nothing(body)
    if "/connections" in path:
        connection_that_is_one(path, body)
    if "/oauth-clients" in path:
        body |= {"grant_types": [], "public": False, "enabled_for_profiles": [], "resource_server": False}
    if "/gateway-rules" in path:
        rule_that_refers_to_nothing(body)
    if "/groups" in path and body.get("parent") is not None:
        body["parent"] = None
    secrets = [body.get(field) is None for field in ("secret", "access_token_secret")]
    if "/api-keys" in path and any(secrets):
        body.pop("secret", None)
        body.pop("access_token_secret", None)
    names = [service["name"] for service in body.get("services", [])]
    if len(names) != len(set(names)):
        body["services"] = []


def role_that_is_limited_as_it_must(body):
    """A role of an account needs one that is still there."""
    body.pop("account", None)
    if body["role"] == "administrator":
        body["role"] = "auditor"


def policy_that_leaves_passwords(policy):
    """Passwords are of one form here, so policies are such that it satisfies."""
    limits = {"min_length": 40, "max_sequence": 0, "max_repeat": 0}
    for field, most in limits.items():
        if field in policy:
            policy[field] = min(policy[field], most)


def user_that_refers_to_nothing(body):
    for field in ("profiles", "skills", "manager_of", "identities"):
        if field in body:
            body[field] = []
    for field in ("member_of", "allowed_app_key"):
        if field in body:
            body[field] = None
    if body.get("kind") == "bot":
        body.pop("password", None)


def rule_that_refers_to_nothing(body):
    # 503.0 is an integer of JSON Schema, and no number of a privilege here.
    if "privileges" in body:
        body["privileges"] = [int(privilege) for privilege in body["privileges"]]
    for field in ("accounts", "applications"):
        if field in body:
            body[field] = []
    if body.get("credentials") == []:
        del body["credentials"]
    if body.get("credentials") and set(body["credentials"]) <= {"signature", "client-token"}:
        # They show no user of whom something could be asked.
        body["credentials"] = ["bearer"]
    if body.get("refusals") == "redirect":
        # It leads to a login by page, so that has to count.
        body["credentials"] = ["page"]


def connection_that_is_one(path, body):
    """Metadata and keys are more than text, and nobody is asked for them here."""
    if path.endswith("/connections"):
        metadata = EXAMPLES["NewConnection"]["metadata"]
        body |= {"metadata": metadata}
        for field in set(body) - {"name", "metadata", "enabled", "population", "linking", "clock_skew_seconds"}:
            del body[field]
    elif path.endswith("/connections/{id}"):
        for field in ("saml", "oidc", "targets", "provisioning"):
            body.pop(field, None)
    elif path.endswith("/keys"):
        body.clear()
    elif path.endswith("/test"):
        body.clear()
        body["saml_response"] = EXAMPLES["ConnectionTest"]["saml_response"]

"""Requests that API keys sign (OAuth 1.0), by oauthlib."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, Client

from fixture import EVERYTHING, case, told
from service import ACCOUNT, BOT, FORM
from stub import HttpHandler, Stub

# The service's own limit.
MAX_FORM_BYTES = 32 * 1024


def signed(site, target, method="GET", form=None, algorithm=SIGNATURE_HMAC_SHA1, host=None):
    """The headers of a request that the bot's key signs."""
    # The service has just started, and takes nothing that may have been signed before.
    soon = str(int(time.time()) + 2)
    secrets = (BOT["appKey"], BOT["secret"], BOT["accessToken"], BOT["accessTokenSecret"])
    client = Client(*secrets, signature_method=algorithm, timestamp=soon)
    headers = dict([FORM]) if form is not None else {}
    _, headers, _ = client.sign(f"http://{host or site.gateway.address}{target}", method, form, headers)
    return list(headers.items())


def start(site, **options):
    site.service.set_rule("signed", credentials=["signature"], identity_headers=EVERYTHING)
    site.start("signed", **options)


@case
def a_signed_request_passes_as_its_key(site):
    start(site)
    key = site.service.key()
    for algorithm in (SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256):
        for target in ("/orders", "/orders?b=2&a=1&a=%20x%2By&empty=", "/orders/with%20space?q=%C3%BC"):
            for method in ("GET", "DELETE"):
                reached = site.passes(signed(site, target, method, algorithm=algorithm), target, method)
                identity = told(reached)
                expected = {"account": ACCOUNT, "application": str(key["id"]), "method": "api-key-signature"}
                assert identity == expected, identity
    json = [("Content-Type", "application/json")]
    site.passes([*signed(site, "/orders", "POST"), *json], method="POST", body=b'{"a": 1}')


@case
def g5_a_signed_request_counts_once(site):
    start(site)
    once = signed(site, "/orders")
    site.passes(once)
    for _ in range(2):
        site.refuses(once)
    at_once = signed(site, "/orders")
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: site.gateway.ask("GET", "/orders", at_once).status, range(16)))
    assert sorted(statuses) == [200, *[401] * 15], statuses


@case
def g5_what_is_changed_after_it_was_signed_is_refused(site):
    start(site)
    target = "/orders?a=1&b=2"
    site.passes(signed(site, target), target)
    for other in ("/orders?a=1&b=3", "/orders?a=1", "/orders?a=1&b=2&b=2", "/Orders?a=1&b=2", "/orders/?a=1&b=2"):
        site.refuses(signed(site, target), other)
    site.refuses(signed(site, target), target, method="DELETE")
    site.refuses(signed(site, target, host="other.example"), target)
    # What somebody claims in the places of gateways makes nothing right.
    for name in ("X-Original-URI", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Original-Method", "X-Forwarded-Method"):
        site.refuses([*signed(site, target), (name, target), (name, target)], "/orders?a=1&b=3")
    answer = site.refuses([("Authorization", signed(site, target)[0][1].replace('oauth_version="1.0", ', ""))], target)
    assert answer.body.startswith(b"oauth_problem=signature_invalid"), answer
    assert answer.headers["WWW-Authenticate"].startswith("OAuth realm="), answer


@case
def g5_nothing_is_added_to_a_form_that_was_signed(site):
    # How much of a form that is too long for the gateway reaches the check.
    stub = Stub(HttpHandler)
    stub.answer = "401 Unauthorized"
    if site.kind.asks_at == "address":
        start(site, forms=True, service=stub.address)
        site.refuses(*long_form(site, 50_000))
        site.gateway.stop()
    lengths = {len(stub.reached[-1].body) if stub.reached else 0, MAX_FORM_BYTES - 1, MAX_FORM_BYTES, MAX_FORM_BYTES + 1}
    start(site, forms=True)
    for length in lengths - {0}:
        headers, target, method, form = long_form(site, length)
        site.refuses(headers, target, method, form + b"&extra=1" + b"0" * (50_000 - length), status=(401, 413))


def long_form(site, length):
    """A request with a signed form of so many bytes: its head is as long whatever the length is."""
    form = "item=" + "x" * (length - 5)
    headers = signed(site, "/orders", "POST", form)
    signature = len(dict(headers)["Authorization"])
    return [*headers, ("X-Filler", "x" * (1000 - signature))], "/orders", "POST", form.encode()


@case
def a_signed_form_passes_where_the_gateway_sends_it(site):
    start(site, forms=True)
    form = urlencode({"item": "a b", "note": "ü&="})
    headers = signed(site, "/orders?q=1", "POST", form)
    if not site.gateway.sends_forms:
        site.refuses(headers, "/orders?q=1", "POST", form.encode())
        return
    assert site.passes(headers, "/orders?q=1", "POST", form.encode()).body == form.encode()
    site.refuses(signed(site, "/orders?q=1", "POST", form), "/orders?q=1", "POST", b"item=other")
    # More than the check takes, and what is no form.
    large = urlencode({"item": "x" * 100_000})
    site.refuses(signed(site, "/orders", "POST", large), "/orders", "POST", large.encode(), status=(401, 413))
    json = [("Content-Type", "application/json")]
    assert site.passes([*signed(site, "/orders", "POST"), *json], "/orders", "POST", b"1" * 200_000).body == b"1" * 200_000

"""Requests that API keys sign (OAuth 1.0), by oauthlib."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT, Client

from fixture import EVERYTHING, case, told
from service import ACCOUNT, BOT, FORM
from stub import HttpHandler, Stub

# The service's own limit.
MAX_FORM_BYTES = 32 * 1024
# What forms are answered that are longer: Traefik may still be sending when the check refuses, and takes that for a failure.
TOO_LONG = (401, 413, 500)


def signed(site, target, method="GET", form=None, algorithm=SIGNATURE_HMAC_SHA1, host=None, scheme="http", seconds=2, token=()):
    """The headers of a request that the bot's key signs, in so many seconds: the service has just started, and takes nothing that
    may have been signed before; `token` and its secret, if they are another key's."""
    then = str(int(time.time()) + seconds)
    token = token or (BOT["accessToken"], BOT["accessTokenSecret"])
    client = Client(BOT["appKey"], BOT["secret"], *token, signature_method=algorithm, timestamp=then)
    headers = dict([FORM]) if form is not None else {}
    _, headers, _ = client.sign(f"{scheme}://{host or site.gateway.address}{target}", method, form, headers)
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
def g5_what_is_not_signed_now_by_one_key_in_a_way_that_counts_is_refused(site):
    start(site)
    other = ("00112233445566778899aabbccddeeff", "0011223344556677")
    made = {"name": "other", "app_key": other[0], "secret": other[1], "access_token": other[0], "access_token_secret": other[1]}
    site.service.administer("POST", f"/accounts/{ACCOUNT}/api-keys", made)
    attempts = {
        "long ago": (signed(site, "/orders", seconds=-400), b"timestamp_refused"),
        "long before its time": (signed(site, "/orders", seconds=400), b"timestamp_refused"),
        "PLAINTEXT": (signed(site, "/orders", algorithm=SIGNATURE_PLAINTEXT), b"signature_method_rejected"),
        "another key's token": (signed(site, "/orders", token=other), b"token_rejected"),
    }
    for attempt, (headers, problem) in attempts.items():
        answer = site.refuses(headers, status=401)
        assert answer.body.startswith(b"oauth_problem=" + problem), (attempt, answer)
    name, value = signed(site, "/orders")[0]
    nonce = re.search(r'oauth_nonce="\w+"', value)[0]
    for twice in (f"{value}, {nonce}", value.replace(nonce, f"{nonce}, {nonce}"), f'{value}, oauth_nonce="1"'):
        site.refuses([(name, twice)])
    site.refuses([(name, value)], f"/orders?{nonce.replace(chr(34), '')}")
    site.refuses([(name, value), (name, signed(site, "/orders")[0][1])], status=(400, 401))
    # All of this has used nothing up.
    site.passes([(name, value)])


@case
def g5_an_encoded_separator_is_none(site):
    start(site)
    pairs = [("/orders?a=1%26b=2", "/orders?a=1&b=2"), ("/orders?a%3D1", "/orders?a=1"), ("/orders?a=1%3Fb", "/orders?a=1&b")]
    for one, other in pairs:
        site.refuses(signed(site, one), other)
        site.refuses(signed(site, other), one)
        site.passes(signed(site, one), one)
    for one, other in (("/a%2Fb", "/a/b"), ("/a%3Fb=1", "/a?b=1"), ("/a%23b", "/a")):
        site.refuses(signed(site, one), other, status=(400, 401))
        # Some gateways have none of it.
        site.refuses(signed(site, other), one, status=(400, 401))


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
        site.refuses(headers, target, method, form + b"&extra=1" + b"0" * (50_000 - length), status=TOO_LONG)


def long_form(site, length):
    """A request with a signed form of so many bytes: its head is as long whatever the length is."""
    form = "item=" + "x" * (length - 5)
    headers = signed(site, "/orders", "POST", form)
    signature = len(dict(headers)["Authorization"])
    return [*headers, ("X-Filler", "x" * (1000 - signature))], "/orders", "POST", form.encode()


@case
def g5_a_form_that_is_changed_after_it_was_signed_is_refused(site):
    start(site, forms=True)
    form = urlencode({"item": "a b", "note": "1"})
    for other in (b"item=other", b"item=a+b&note=2", b"item=a+b", b"item=a+b&note=1&note=1", b"item=a+b%26note=1", b"note=1&item=a", b""):
        site.refuses(signed(site, "/orders", "POST", form), "/orders", "POST", other)
        # Parameters do not become others by standing in the query.
        site.refuses(signed(site, "/orders", "POST", form), f"/orders?{form}", "POST", form.encode())
    if site.gateway.sends_forms:
        site.passes(signed(site, "/orders", "POST", form), "/orders", "POST", form.encode())


@case
def g5_a_form_is_put_behind_no_signed_get_where_the_gateway_sends_forms(site):
    start(site, forms=True)
    if not site.gateway.sends_forms:
        # The API must not read it (docs/gateway.md).
        return
    pieces = [b"extra=1", b"extra=" + b"1" * 20_000, b"extra=" + b"1" * 100_000]
    for method in ("GET", "HEAD"):
        for form in pieces:
            headers = [FORM, *signed(site, "/orders", method)]
            site.refuses(headers, "/orders", method, form, status=TOO_LONG)
            chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(form), form)
            headers = [FORM, ("Transfer-Encoding", "chunked"), *signed(site, "/orders", method)]
            site.refuses(headers, "/orders", method, chunked, status=TOO_LONG)


@case
def a_signed_form_passes_where_the_gateway_sends_it(site):
    start(site, forms=True)
    form = urlencode({"item": "a b", "note": "ü&="})
    headers = signed(site, "/orders?q=1", "POST", form)
    if not site.gateway.sends_forms:
        site.refuses(headers, "/orders?q=1", "POST", form.encode())
        return
    assert site.passes(headers, "/orders?q=1", "POST", form.encode()).body == form.encode()
    # More than the check takes, and what is no form.
    large = urlencode({"item": "x" * 100_000})
    site.refuses(signed(site, "/orders", "POST", large), "/orders", "POST", large.encode(), status=TOO_LONG)
    json = [("Content-Type", "application/json")]
    assert site.passes([*signed(site, "/orders", "POST"), *json], "/orders", "POST", b"1" * 40_000).body == b"1" * 40_000

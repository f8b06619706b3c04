#!/usr/bin/env python3
"""A client of the API: it logs in at Vestibule in each of the ways that there are, and calls the API through the gateway with what
it got. The accounts, passwords and keys are those of `vestibule dev`.

    client.py [VESTIBULE API]         http://127.0.0.1:8080 and http://127.0.0.1:8000 unless said
"""

import hmac
import json
import math
import re
import secrets
import sys
import time
from base64 import b64encode
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, Request, build_opener

ACCOUNT = "12345678"
KEY = {
    "appKey": "0123456789abcdef0123456789abcdef",
    "secret": "0123456789abcdef",
    "accessToken": "fedcba9876543210fedcba9876543210",
    "accessTokenSecret": "fedcba9876543210",
}
TOKEN = "a0009999bcbc00001111000000000000"
CLIENT = {"client_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "client_secret": "demo-client-secret"}
REDIRECT_URI = "http://127.0.0.1:9099/callback"


class NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


# Straight to these servers, whatever proxy the machine has.
DIRECT = build_opener(ProxyHandler({}))


def call(method, url, body=None, headers=None, opener=DIRECT):
    """A request: status, headers and body of its answer. A body that is text is a form, others are JSON."""
    kind = "application/x-www-form-urlencoded" if isinstance(body, str) else "application/json"
    sent = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    request = Request(url, sent, {"Content-Type": kind, **(headers or {})}, method=method)
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read().decode()


def done(answer, expected=200):
    status, _, body = answer
    if status != expected:
        sys.exit(f"{expected} was expected: {status} {body}")
    return json.loads(body) if body else None


class Vestibule:
    """The ways in. Each answers with the header that shows who it is."""

    def __init__(self, url):
        self.url = url

    def log_in(self, credentials):
        return done(call("POST", f"{self.url}/api/account/{ACCOUNT}/login?v=1.3", credentials))

    def by_password(self):
        return {"Authorization": f"Bearer {self.log_in({'username': 'name', 'password': 'password'})['bearer']}"}

    def by_cookie(self):
        return {"Cookie": f"session_id={self.log_in({'username': 'agent', 'password': 'agent-password'})['sessionId']}"}

    def by_key(self):
        return {"Authorization": f"Bearer {self.log_in({'username': 'bot', **KEY})['bearer']}"}

    def by_livevox(self):
        wanted = {"clientName": "DEMO", "userName": "agent1", "password": "agent1-password", "agent": True}
        login = done(call("POST", f"{self.url}/session/login", wanted, {"LV-Access": TOKEN}))
        return {"LV-Session": login["sessionId"]}

    def by_oauth(self):
        """The code flow, with the clicks of a browser: the login page, and back with a code, which becomes a bearer."""
        browser = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()), NoRedirects())
        page = f"{self.url}/me/{ACCOUNT}/login"
        csrf = re.search(r'name="csrf" value="([0-9a-f]*)"', call("GET", page, opener=browser)[2])[1]
        form = urlencode({"csrf": csrf, "user_name": "name", "password": "password"})
        call("POST", page, form, {"Origin": self.url}, browser)
        sentinel = f"{self.url}/sentinel/api/account/{ACCOUNT}"
        asked = {"v": "1.0", "response_type": "code", "client_id": CLIENT["client_id"], "redirect_uri": REDIRECT_URI}
        answer = call("GET", f"{sentinel}/authorize?{urlencode(asked)}", opener=browser)
        code = parse_qs(urlsplit(answer[1]["Location"]).query)["code"][0]
        exchange = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, **CLIENT}
        tokens = done(call("POST", f"{sentinel}/token?v=1.0", urlencode(exchange)))
        return {"Authorization": f"Bearer {tokens['access_token']}"}


def signed(method, url):
    """The header that signs one request with the bot's key (OAuth 1.0, RFC 5849); without query or form, for which a library is better."""
    oauth = {
        "oauth_consumer_key": KEY["appKey"],
        "oauth_token": KEY["accessToken"],
        "oauth_signature_method": "HMAC-SHA256",
        # Vestibule takes nothing that may have been signed before it started.
        "oauth_timestamp": str(math.ceil(time.time())),
        "oauth_nonce": secrets.token_hex(16),
        "oauth_version": "1.0",
    }
    base = "&".join(quote(part, safe="") for part in (method, url, urlencode(sorted(oauth.items()))))
    key = f"{KEY['secret']}&{KEY['accessTokenSecret']}"
    oauth["oauth_signature"] = b64encode(hmac.digest(key.encode(), base.encode(), "sha256")).decode()
    return {"Authorization": "OAuth " + ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in oauth.items())}


def main():
    service, api = sys.argv[1:] if sys.argv[1:] else ("http://127.0.0.1:8080", "http://127.0.0.1:8000")
    vestibule = Vestibule(service)
    ways = {
        "name and password, the bearer": vestibule.by_password,
        "name and password, the cookie": vestibule.by_cookie,
        "a bot's API key": vestibule.by_key,
        "LiveVox's session": vestibule.by_livevox,
        "OAuth, a code in the browser": vestibule.by_oauth,
    }
    for way, log_in in ways.items():
        shown = log_in()
        who = done(call("GET", f"{api}/whoami", headers=shown))
        order = done(call("POST", f"{api}/orders", {"item": way}, shown), 201)
        print(f"{way}: {who['name']}, {who['role']} of {who['account']}, made order {order['id']}")
    # Who signs has no session: the header is of this request alone, and the rule that takes it is another.
    who = done(call("GET", f"{api}/partners/whoami", headers=signed("GET", f"{api}/partners/whoami")))
    made = call("POST", f"{api}/partners/orders", {"item": "signed"}, signed("POST", f"{api}/partners/orders"))
    print(f"a request that a key signs: application {who['application']} of {who['account']}, made order {done(made, 201)['id']}")
    status, _, body = call("GET", f"{api}/orders")
    print(f"nothing shown: {status}")
    if status != 401:
        sys.exit(f"401 was expected: {body}")
    orders = done(call("GET", f"{api}/orders", headers=vestibule.by_password()))
    print(f"{len(orders)} orders")
    agent = vestibule.by_cookie()
    done(call("DELETE", f"{api}/orders", headers=agent), 403)
    print("an agent may not delete them: 403, of the API itself")


if __name__ == "__main__":
    main()

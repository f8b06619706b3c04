"""Drives Authlib (PyPI) as an OAuth 2.0 and OpenID Connect client, unmodified.

Shows: a session of Authlib finds the provider by its configuration, sends a user to the login page and takes the address that
they come back to; the ID token is verified with its claims by Authlib's own rules; the bearer opens userinfo; a refresh and a
revocation; a resource server finds out what a token is. The way through the login page is that of a browser.
"""

import html
import os
import re
import threading
from urllib.parse import urljoin, urlsplit

os.environ["REQUESTS_CA_BUNDLE"] = os.environ["VESTIBULE_CA"]

import requests  # noqa: E402 (the variable comes first)
from authlib.integrations.requests_client import OAuth2Session  # noqa: E402
from authlib.oidc.core import CodeIDToken  # noqa: E402
from joserfc import jwt  # noqa: E402
from joserfc.jwk import KeySet  # noqa: E402

OVERALL_LIMIT_S = 50
ORIGIN = os.environ["VESTIBULE_HTTPS"]
ISSUER = f"{ORIGIN}/sentinel/api/account/12345678"
CLIENT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
SECRET = "demo-client-secret"
API = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
API_SECRET = "demo-resource-server-secret"
BACK = "http://127.0.0.1:9099/callback"
NONCE = "nonce-of-a-test"


def main():
    limit = threading.Timer(OVERALL_LIMIT_S, give_up)
    limit.daemon = True
    limit.start()
    provider = requests.get(f"{ISSUER}/.well-known/openid-configuration").json()
    assert provider["issuer"] == ISSUER, provider
    for method in ("client_secret_basic", "client_secret_post"):
        code_flow(provider, method)
    own = OAuth2Session(CLIENT, SECRET, scope="demo.read")
    token = own.fetch_token(provider["token_endpoint"], grant_type="client_credentials")
    assert token["expires_in"] == 3600, token
    resource_server(provider, token)
    print("ok: authlib")


def code_flow(provider, method):
    session = OAuth2Session(
        CLIENT,
        SECRET,
        scope="openid profile",
        redirect_uri=BACK,
        token_endpoint_auth_method=method,
        code_challenge_method="S256",
    )
    verifier = "v" * 48
    url, state = session.create_authorization_url(
        provider["authorization_endpoint"], nonce=NONCE, code_verifier=verifier
    )
    back = through_the_login_page(url)
    token = session.fetch_token(
        provider["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    keys = KeySet.import_key_set(requests.get(provider["jwks_uri"]).json())
    claims = CodeIDToken(
        jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims,
        {},
        {"iss": {"value": ISSUER}, "aud": {"value": CLIENT}},
        {"nonce": NONCE, "client_id": CLIENT},
    )
    claims.validate(leeway=0)
    assert claims["preferred_username"] == "name", claims
    who = session.get(provider["userinfo_endpoint"])
    assert who.json()["sub"] == claims["sub"], who.text
    refreshed = session.refresh_token(provider["token_endpoint"], refresh_token=token["refresh_token"])
    assert refreshed["access_token"] == token["access_token"], refreshed
    revoked = session.revoke_token(
        provider["revocation_endpoint"], token=token["access_token"], token_type_hint="access_token"
    )
    assert revoked.status_code == 200, revoked.text
    assert requests.get(f"{ORIGIN}/gateway/check", headers=bearer(token)).status_code == 401


def resource_server(provider, token):
    """What is shown a token asks what it is."""
    for method in ("client_secret_basic", "client_secret_post"):
        api = OAuth2Session(API, API_SECRET, token_endpoint_auth_method=method)
        told = api.introspect_token(provider["introspection_endpoint"], token=token["access_token"]).json()
        assert told["active"] and told["client_id"] == CLIENT, told
        none = api.introspect_token(provider["introspection_endpoint"], token="none").json()
        assert none == {"active": False}, none


def bearer(token):
    return {"Authorization": f"Bearer {token['access_token']}"}


def through_the_login_page(url):
    """What a browser does: follows, keeps cookies, fills in the form."""
    browser = requests.Session()
    answer = browser.get(url, allow_redirects=False)
    for _ in range(10):
        following = answer.headers.get("location") or goes_to(answer.text)
        if following:
            url = urljoin(url, following)
            if urlsplit(url).netloc != urlsplit(ORIGIN).netloc:
                return url
            answer = browser.get(url, allow_redirects=False)
            continue
        assert answer.status_code == 200, answer.text
        form = {name: field(answer.text, name) for name in ("csrf", "continue")}
        form |= {"user_name": "name", "password": "password"}
        url = urljoin(url, re.search(r'<form method="post" action="([^"]*)"', answer.text)[1])
        answer = browser.post(url, data=form, headers={"Origin": ORIGIN}, allow_redirects=False)
    raise AssertionError("the way back takes too many steps")


def field(text, name):
    return html.unescape(re.search(f'name="{name}" value="([^"]*)"', text)[1])


def goes_to(text):
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', text)
    return found and html.unescape(found[1])


def give_up():
    print(f"FAILED: not done after {OVERALL_LIMIT_S} s", flush=True)
    os._exit(1)


if __name__ == "__main__":
    main()

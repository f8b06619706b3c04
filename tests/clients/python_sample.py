"""Drives Python's requests (PyPI) in the way the vendor's Python sample for User Login uses it.

Shows: the answer of a login has `csrf` and `sessionId`; a cookie dictionary with `Session_id` made from them is
enough to refresh and to log out, even where the session object already keeps the server's own cookies; both answer
200 with an empty body; after the logout the same cookie gets 401 with the nested error.

With VESTIBULE_SAMPLE, the path of a page that holds the sample in a ```python block, that block runs too: its
placeholders are filled in, nothing else is changed.
"""

import json
import os
import re
import threading
from urllib.parse import urlsplit

# The sample passes no `verify`: whoever runs it beside a private authority sets this variable.
os.environ["REQUESTS_CA_BUNDLE"] = os.environ["VESTIBULE_CA"]

import requests  # noqa: E402 (the variable comes first)

OVERALL_LIMIT_S = 50
DOMAIN = urlsplit(os.environ["VESTIBULE_HTTPS"]).netloc
ACCOUNT = "12345678"
USER = {"username": "name", "password": "password"}
HEADER = {"content-type": "application/json"}


def main():
    limit = threading.Timer(OVERALL_LIMIT_S, give_up)
    limit.daemon = True
    limit.start()
    for version in ("?v=1.3", ""):
        life_of_a_session(version)
    if "VESTIBULE_SAMPLE" in os.environ:
        run_the_page(os.environ["VESTIBULE_SAMPLE"])
    print("ok: python sample")


def life_of_a_session(version):
    """The documented path (v=1.3), and the one without `v` that the pages on refresh and logout show."""
    client = requests.session()
    answer = client.post(url=url("login?v=1.3"), headers=HEADER, data=json.dumps(USER))
    expect("login", answer, 200)
    login = answer.json()
    check("keys missing from the login", {"csrf", "sessionId"} - set(login), set())
    csrf = login["csrf"]
    cookie = {"Session_id": login["sessionId"]}
    both = {name: answer.cookies.get(name) for name in ("session_id", "Session_id")}
    check("cookies of the login", both, dict.fromkeys(both, login["sessionId"]))

    refreshed = call(client, "refresh" + version, cookie, csrf)
    expect("refresh", refreshed, 200, body="")
    check("cookie of the refresh", refreshed.cookies.get("Session_id"), login["sessionId"])

    # A program that starts anew has the cookie dictionary only, not the session object's own cookies.
    expect("refresh by the dictionary alone", call(requests.session(), "refresh" + version, cookie, csrf), 200, body="")

    expect("logout", call(client, "logout" + version, cookie, csrf), 200, body="")
    late = call(client, "refresh" + version, cookie, csrf)
    expect("refresh after logout", late, 401)
    error = late.json()["error"]
    check("keys of the nested error", set(error), {"time", "message", "internalCode", "responseStatus"})
    check("responseStatus", error["responseStatus"], "UNAUTHORIZED")


def run_the_page(path):
    """Runs the page's own block. The page quotes placeholders; an integrator types over them."""
    with open(path, encoding="utf-8") as page:
        block = re.search(r"```python\n(.*?)```", page.read(), re.DOTALL)
    check("a python block in the page", block is not None, True)
    values = {"account_id": ACCOUNT, "domain": DOMAIN, **USER}
    sample = block.group(1)
    for name, value in values.items():
        sample, found = re.subn(rf"^{name} = '[^']*'$", f"{name} = '{value}'", sample, flags=re.MULTILINE)
        check(f"lines of the sample that set {name}", found, 1)
    names = {}
    exec(compile(sample, path, "exec"), names)
    check("the sample's cookie", set(names["session_id_cookie"]), {"Session_id"})
    expect("refresh with what the sample kept", call(names["client"], "refresh?v=1.3", names["session_id_cookie"], names["csrf"]), 200, body="")


def call(client, operation, cookie, csrf):
    return client.post(url=url(operation), headers=HEADER, cookies=cookie, data=json.dumps({"csrf": csrf}))


def url(operation):
    return f"https://{DOMAIN}/api/account/{ACCOUNT}/{operation}"


def expect(what, answer, status, body=None):
    came = f"{answer.status_code} {answer.reason} {answer.text!r}"
    if answer.status_code != status or (body is not None and answer.text != body):
        raise SystemExit(f"FAILED {what}: expected {status}, body {'any' if body is None else repr(body)}; came {came}")


def check(what, came, expected):
    if came != expected:
        raise SystemExit(f"FAILED {what}: expected {expected!r}; came {came!r}")


def give_up():
    print(f"FAILED: not done after {OVERALL_LIMIT_S} s", flush=True)
    os._exit(1)


main()

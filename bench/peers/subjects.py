"""The servers that bench/peers.py compares: how each is started, what it is asked, and how a session of it ends."""

import json
import sqlite3
import sys
import time
from urllib.parse import urlencode

from serving import Request, Subject, ask, basic, cookies, debian_packages, free_address, node, program

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PERSON = {"username": "name", "password": "password"}
ACCOUNT = "12345678"


def subjects(vestibule, modules, only):
    """Those that are asked for, with those that they are compared with. Who cannot be had here is left out, and told."""
    wanted = [name for name in SUBJECTS if not only or name in only or name in {SUBJECTS[it][1] for it in only}]
    chosen = []
    for name in wanted:
        what, beside, made = SUBJECTS[name]
        how = made(vestibule, modules)
        if how is None:
            print(f"left out, because its packages cannot be had here: {what}", file=sys.stderr)
        else:
            chosen.append(Subject(name, what, beside, *how))
    return chosen


def check(vestibule, _modules):
    return lambda subject, folder: serve(vestibule, subject, folder), log_in


def introspection(vestibule, _modules):
    return lambda subject, folder: serve(vestibule, subject, folder), introspected


def serve(vestibule, subject, folder):
    unused = ["--https", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
    return [([vestibule, "dev", "--data-dir", folder / "data", "--http", subject.address, *unused], {})]


def log_in(subject):
    # The second login of a user ends the first: whoever comes next is another.
    who = PERSON if subject.request is None else {"username": "agent", "password": "agent-password"}
    status, text, _ = ask(subject.address, "POST", f"/api/account/{ACCOUNT}/login?v=1.3", JSON, json.dumps(who))
    assert status == 200, text
    return Request("GET", "/gateway/check", {"Authorization": f"Bearer {json.loads(text)['bearer']}"})


def introspected(subject):
    bearer = log_in(subject).headers["Authorization"].removeprefix("Bearer ")
    asks = basic("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "demo-resource-server-secret")
    return Request("POST", "/oauth2/introspect", {**FORM, **asks}, urlencode({"token": bearer}), '"active":true')


def revoke(path):
    def end(subject, request):
        status, text, _ = ask(subject.address, "POST", path, request.headers, request.body)
        assert status == 200, text

    return end


def end_by_revocation(subject, request):
    bearer = request.headers["Authorization"].removeprefix("Bearer ")
    asks = basic("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "demo-resource-server-secret")
    status, text, _ = ask(subject.address, "POST", "/oauth2/revoke", {**FORM, **asks}, urlencode({"token": bearer}))
    assert status == 200, text


def express(_vestibule, modules):
    def commands(subject, folder):
        redis = free_address()
        host, port = redis.split(":")
        unkept = ["--save", "", "--appendonly", "no", "--bind", host, "--port", port, "--dir", folder]
        return [([program("redis-server"), *unkept], {}), node("express.js", subject, folder, modules, PEER_REDIS=redis)]

    def prepare(subject):
        return Request("GET", "/check", {"Cookie": cookies(ask(subject.address, "POST", "/login", {}, None))})

    return commands, prepare


def better_auth(_vestibule, modules, **settings):
    def commands(subject, folder):
        return [node("better_auth.js", subject, folder, modules, **settings)]

    def prepare(subject):
        person = {"name": "name", "email": f"name{time.monotonic_ns()}@vestibule.example", "password": "a password"}
        signed_up = ask(subject.address, "POST", "/api/auth/sign-up/email", origin(subject), json.dumps(person))
        return Request("GET", "/api/auth/get-session", {"Cookie": cookies(signed_up)}, lives='"session"')

    return commands, prepare


def better_auth_with_cache(vestibule, modules):
    return better_auth(vestibule, modules, PEER_COOKIE_CACHE="300")


def oidc_provider(_vestibule, modules):
    def commands(subject, folder):
        return [node("oidc_provider.js", subject, folder, modules)]

    def prepare(subject):
        asks = {**FORM, **basic("bench", "bench-secret")}
        status, text, _ = ask(subject.address, "POST", "/token", asks, urlencode({"grant_type": "client_credentials"}))
        assert status == 200, text
        body = urlencode({"token": json.loads(text)["access_token"]})
        return Request("POST", "/token/introspection", asks, body, '"active":true')

    return commands, prepare


GLEWLWYD = ["glewlwyd", "glewlwyd-common"]
GLEWLWYD += ["libhoel1.4", "libiddawc1.1", "liborcania2.3", "librhonabwy1.1", "libulfius2.7", "libyder2.0", "libmicrohttpd12", "libmariadb3"]
GLEWLWYD += ["libcbor0.8", "libconfig9", "liboath0", "libjansson4", "libldap-2.5-0", "libpq5"]


def glewlwyd(_vestibule, _modules):
    home = debian_packages("glewlwyd", GLEWLWYD)
    if home is None:
        return None

    def commands(subject, folder):
        host, port = subject.address.split(":")
        database = sqlite3.connect(folder / "glewlwyd.db")
        database.executescript((home / "usr/share/dbconfig-common/data/glewlwyd/install/sqlite3").read_text())
        database.close()
        modules = home / "usr/lib/glewlwyd"
        (modules / "user_middleware").mkdir(exist_ok=True)
        kinds = {"user": "user", "user_middleware": "user_middleware", "client": "client", "user_auth_scheme": "scheme", "plugin": "plugin"}
        paths = "".join(f'{kind}_module_path = "{modules / place}"\n' for kind, place in kinds.items())
        (folder / "conf").write_text(
            f'port = {port}\nbind_address = "{host}"\nexternal_url = "http://{subject.address}"\nlogin_url = "login.html"\n'
            f'api_prefix = "api"\nlog_mode = "console"\nlog_level = "ERROR"\ncookie_secure = 0\nsession_expiration = 2419200\n'
            f'session_key = "session"\nadmin_session_authentication = "cookie"\nprofile_session_authentication = "cookie"\n'
            f'admin_scope = "g_admin"\nprofile_scope = "g_profile"\nhash_algorithm = "SHA512"\n{paths}'
            f'database = {{ type = "sqlite3"; path = "{folder}/glewlwyd.db"; }};\n'
        )
        libraries = ":".join(str(path) for path in home.glob("usr/lib/*-linux-gnu"))
        return [([home / "usr/bin/glewlwyd", f"--config-file={folder}/conf"], {"LD_LIBRARY_PATH": libraries})]

    def prepare(subject):
        person = json.dumps({"username": "admin", "password": "password"})
        return Request("GET", "/api/profile_list", {"Cookie": cookies(ask(subject.address, "POST", "/api/auth/", JSON, person))})

    return commands, prepare


def end_at_glewlwyd(subject, request):
    status, text, _ = ask(subject.address, "DELETE", "/api/auth/", request.headers, None)
    assert status == 200, text


def origin(subject):
    return {**JSON, "Origin": f"http://{subject.address}"}


def end_at_better_auth(subject, request):
    headers = {**origin(subject), **request.headers}
    status, text, _ = ask(subject.address, "POST", "/api/auth/sign-out", headers, "{}")
    assert status == 200, text


SUBJECTS = {
    "check": ("Vestibule: a check", None, check),
    "glewlwyd": ("Glewlwyd, SQLite: `profile_list`", "check", glewlwyd),
    "express": ("Express with express-session and Redis", "check", express),
    "better-auth": ("Better Auth, SQLite: `get-session`", "check", better_auth),
    "better-auth-cache": ("the same with its cookie cache of 5 minutes", "check", better_auth_with_cache),
    "introspection": ("Vestibule: introspection", None, introspection),
    "oidc-provider": ("oidc-provider, memory: introspection", "introspection", oidc_provider),
}

END = {
    "check": end_by_revocation,
    "glewlwyd": end_at_glewlwyd,
    "express": revoke("/logout"),
    "better-auth": end_at_better_auth,
    "better-auth-cache": end_at_better_auth,
    "introspection": revoke("/oauth2/revoke"),
    "oidc-provider": revoke("/token/revocation"),
}



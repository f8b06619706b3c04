"""A client that openapi-python-client generates from the description, without a warning, and what it is good for: it makes an
account, a user, an API key and a session policy, finds a session and ends it.

VESTIBULE_ADMIN and VESTIBULE_HTTP say where the server is; it is one of `vestibule dev`.
"""

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

FOLDER = Path(__file__).resolve().parent
ADMIN, HTTP = os.environ["VESTIBULE_ADMIN"], os.environ["VESTIBULE_HTTP"]
PASSWORD = "orchard-teapot-quartz-41"
PACKAGE = "vestibule_administration_client"


def generate(target):
    """Writes the client; its generator's every word is a failure."""
    programs = Path(sys.executable).parent
    command = [programs / "openapi-python-client", "generate", "--url", f"{ADMIN}/admin/v1/openapi.json"]
    settings = ["--meta", "none", "--output-path", target / PACKAGE, "--config", FOLDER / "client.yml", "--fail-on-warning"]
    # It formats what it has written with a program that is installed beside it.
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    said = subprocess.run([*command, *settings], env=environment, capture_output=True, text=True, timeout=120)
    said = (said.returncode, (said.stdout + said.stderr).strip())
    assert said == (0, "Generating " + PACKAGE) or (said[0] == 0 and "arning" not in said[1]), said
    sys.path.insert(0, str(target))


def part(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


def call(operation, *arguments, expected, **named):
    """Calls an operation; `expected` is the status that it has to have."""
    answer = part(f"api.{operation}").sync_detailed(*arguments, **named)
    assert answer.status_code == expected, (operation, answer.status_code, answer.content)
    return answer.parsed


def log_in(models):
    anybody = part("client").Client(base_url=ADMIN, raise_on_unexpected_status=True)
    wanted = models.LogIn(username="admin", password="admin-password")
    token = call("login.login_log_in", client=anybody, body=wanted, expected=200).token
    return part("client").AuthenticatedClient(base_url=ADMIN, token=token, raise_on_unexpected_status=True)


def make(models, owner):
    """An account with two sessions for each user, a user in it and an API key."""
    call("accounts.accounts_make", client=owner, body=models.NewAccount(id="acme"), expected=201)
    two = models.ConcurrencyManyDetails(limit=2, when_full=models.WhenFull.REFUSE)
    policy = models.SessionPolicy(concurrency=models.ConcurrencyMany(many=two))
    change = models.AccountChange(session_policy=policy)
    account = call("accounts.accounts_change", "acme", client=owner, body=change, if_match="*", expected=200)
    assert account.session_policy.concurrency.many.limit == 2, account
    jane = models.NewUserBody(login_name="jane", password=PASSWORD, must_change_password=False)
    user = call("users.users_make", "acme", client=owner, body=jane, expected=201)
    wanted = models.NewApiKey(name="chat bot", privileges=[models.Privilege.USER_LOGIN])
    key = call("api_keys.api_keys_make", "acme", client=owner, body=wanted, expected=201)
    assert len(key.secret) == 16 and key.name == "chat bot", key
    return user


def session_status(session, csrf):
    return session.post(f"{HTTP}/api/account/acme/refresh?v=1.3", json={"csrf": csrf}, timeout=30).status_code


def main():
    with tempfile.TemporaryDirectory() as target:
        generate(Path(target))
        models = part("models")
        owner = log_in(models)
        user = make(models, owner)
        session = requests.Session()
        login = {"username": "jane", "password": PASSWORD}
        csrf = session.post(f"{HTTP}/api/account/acme/login?v=1.3", json=login, timeout=30).json()["csrf"]
        assert session_status(session, csrf) == 200
        found = call("sessions.sessions_list", client=owner, account="acme", user=user.id, expected=200).sessions
        assert [one.name for one in found] == ["jane"], found
        call("sessions.sessions_end", found[0].reference, client=owner, expected=204)
        assert session_status(session, csrf) == 401
        ended = models.AuditAction.SESSION_ENDED
        told = call("audit.audit_list", client=owner, user=user.id, action=ended, expected=200).entries
        assert [one.reason for one in told] == ["ended-by-administrator"], told


if __name__ == "__main__":
    main()

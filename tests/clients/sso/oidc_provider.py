"""npm oidc-provider as the OpenID provider: an operator connects it by its issuer, people log in through their browser, in two tabs
too, and what the provider says is over is over.

VESTIBULE_CLIENTS_NODE_MODULES says where it is installed.
"""

import os
import socket
import subprocess
from pathlib import Path

from administration import ACCOUNT, CA, HTTPS, Administrator
from browser import Browser, nowhere, path_of

FOLDER = Path(__file__).resolve().parent
CLIENT = {"client_id": "vestibule", "client_secret": "a-secret-of-the-test-client"}


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Provider:
    def __init__(self, issuer, connection_name):
        ours = f"{HTTPS}/sso/oidc/{ACCOUNT}/{connection_name}"
        self.issuer = issuer
        settings = {
            "ISSUER": issuer,
            "REDIRECT_URIS": f"{ours}/callback,{ours}/callback/agent",
            "BACKCHANNEL_LOGOUT": f"{ours}/backchannel-logout",
            "NODE_EXTRA_CA_CERTS": CA,
        }
        command = ["node", str(FOLDER / "oidc_provider.mjs")]
        self.process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.strip() == "ready":
                return
        raise AssertionError("the provider does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def is_at_home(address):
    """Whether somebody has come to the page of their own things."""
    return address.startswith(HTTPS) and path_of(address) == f"/me/{ACCOUNT}/"


def expect_home(browser, reached):
    assert isinstance(reached, str), (reached.status_code, reached.text[:2000])
    own = browser.session.get(reached, timeout=10)
    assert own.status_code == 200 and "mia" in own.text, own.text[:2000]


def main():
    administrator = Administrator()
    provider = Provider(f"http://127.0.0.1:{free_port()}", "op")
    try:
        run(administrator, provider)
    finally:
        provider.stop()


def run(administrator, provider):
    oidc = {"issuer": provider.issuer, "client_id": CLIENT["client_id"], "scopes": ["profile"]}
    connection = administrator.make_connection(name="op", oidc=oidc, client_secret=CLIENT["client_secret"])
    administrator.make_user("mia")

    browser = Browser()
    expect_home(browser, browser.log_in(connection["login_address"], "mia", "anything", is_at_home))

    # Two attempts of one browser, the first finished last.
    tabs = Browser()
    first, second = [tabs.open(connection["login_address"], nowhere) for _ in range(2)]
    for page in (second, first):
        expect_home(tabs, tabs.go_on(page, "mia", "anything", is_at_home))

    # Somebody whom the account does not have.
    stranger = Browser().log_in(connection["login_address"], "nobody", "anything", is_at_home)
    assert not isinstance(stranger, str) and stranger.status_code in (401, 403), stranger

    # Logged out there: the provider tells, and the session here is over.
    ends = browser.open(f"{provider.issuer}/session/end", nowhere)
    form = browser.form(ends)
    form["fields"]["logout"] = "yes"
    browser.send(ends, form, "", "", nowhere)
    own = browser.session.get(f"{HTTPS}/me/{ACCOUNT}/", timeout=10, allow_redirects=False)
    assert own.status_code in (302, 303), (own.status_code, own.text[:500])


main()

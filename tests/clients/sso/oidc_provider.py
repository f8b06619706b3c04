"""npm oidc-provider as the OpenID provider: an operator connects it by its issuer, people log in through their browser, in two tabs
too, and what the provider says is over is over.

VESTIBULE_CLIENTS_NODE_MODULES says where it is installed.
"""

from administration import ACCOUNT, HTTPS, Administrator
from browser import Browser, nowhere
from peers import OidcProvider, is_at_home


def expect_home(browser, reached, name="mia"):
    assert isinstance(reached, str), (reached.status_code, reached.text[:2000])
    own = browser.session.get(reached, timeout=10)
    assert own.status_code == 200 and name in own.text, own.text[:2000]


def main():
    administrator = Administrator()
    for name, steps in (("op", run), ("agents", run_for_agents)):
        provider = OidcProvider(name)
        try:
            provider.start()
            steps(administrator, provider)
        finally:
            provider.stop()


def run_for_agents(administrator, provider):
    """Agents have a redirect URI of their own, and no user is one of them."""
    connection = administrator.make_connection(name="agents", population="agent", **provider.fields())
    assert connection["redirect_uri"].endswith("/callback/agent"), connection
    browser = Browser()
    expect_home(browser, browser.log_in(connection["login_address"], "agent1", "anything", is_at_home), "agent1")
    user = Browser().log_in(connection["login_address"], "mia", "anything", is_at_home)
    assert not isinstance(user, str) and user.status_code == 403, user


def run(administrator, provider):
    connection = administrator.make_connection(name="op", **provider.fields())
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

"""SimpleSAMLphp as the identity provider: an operator connects it by its metadata, and people log in from either side.

It is what Debian packages, unpacked, under PHP's own web server. VESTIBULE_CLIENTS_SIMPLESAMLPHP says where.
"""

import base64
import os
import re
import subprocess
import tempfile
from pathlib import Path

import requests
from administration import ACCOUNT, CA, HTTPS, Administrator
from browser import Browser, nowhere
from peers import FOLDER, PASSWORD, SimpleSamlPhp, is_at_home


def logs_in_from_here(connection):
    browser = Browser()
    reached = browser.log_in(connection["login_address"], "lena", PASSWORD, is_at_home)
    assert isinstance(reached, str), (reached.status_code, reached.text[:2000])
    own = browser.session.get(reached, timeout=10)
    assert own.status_code == 200 and "lena" in own.text, own.text[:2000]


def is_refused(connection):
    page = Browser().log_in(connection["login_address"], "lena", PASSWORD, is_at_home)
    return not isinstance(page, str) and page.status_code == 403


def two_tabs(connection):
    """Two attempts of one browser, the first finished last."""
    browser = Browser()
    first, second = [browser.open(connection["login_address"], nowhere) for _ in range(2)]
    for page in (second, first):
        reached = browser.go_on(page, "lena", PASSWORD, is_at_home)
        assert isinstance(reached, str), (reached.status_code, reached.text[:2000])


def response_of(idp, entity_id, name="lena"):
    """A response that a login there makes, taken before it is sent on."""
    browser = Browser()
    page = browser.open(idp.login_address(entity_id, ""), nowhere)
    page = browser.send(page, browser.form(page), name, PASSWORD, nowhere)
    return browser.form(page)["fields"]["SAMLResponse"]


def login_by_api(response):
    body = {"jwt": "dummy", "assertion": response}
    return requests.post(f"{HTTPS}/api/account/{ACCOUNT}/login?v=1.3", json=body, timeout=10, verify=CA)


def signed_in(connection):
    """A browser that came in from here, and whether it still is in."""
    browser = Browser()
    assert isinstance(browser.log_in(connection["login_address"], "lena", PASSWORD, is_at_home), str)

    def is_in():
        answer = browser.session.get(f"{HTTPS}/me/{ACCOUNT}/", timeout=10, allow_redirects=False)
        return answer.status_code == 200

    assert is_in()
    return browser, is_in


def logouts(idp, connection):
    """A logout there ends the session of that login here and no other; one that nobody signed is refused; one here ends nothing
    there."""
    browser, is_in = signed_in(connection)
    other, other_is_in = signed_in(connection)
    page = browser.open(idp.logout_address, lambda address: address == idp.address)
    assert page == idp.address, page.text[:2000]
    assert not is_in() and other_is_in()

    own = other.session.get(f"{HTTPS}/me/{ACCOUNT}/", timeout=10)
    sign_out = next(form for form in other.forms(own) if form["action"].endswith("/logout"))
    left = other.send(own, sign_out, "", "", nowhere)
    assert left.ok and not other_is_in(), (left.status_code, left.text[:2000])
    again = other.open(connection["login_address"], nowhere)
    assert isinstance(other.go_on(again, "nobody", "", is_at_home), str), "its login was over"
    assert other_is_in()

    idp.knows_connection(connection, sign_logout=False)
    unsigned = other.open(idp.logout_address, nowhere)
    assert unsigned.status_code == 400 and "not accepted" in unsigned.text, unsigned.text[:2000]
    assert other_is_in()
    idp.knows_connection(connection)


def agent_sdk(response):
    """The agent SDK for Node logs in by an assertion."""
    environment = os.environ | {"VESTIBULE_ASSERTION": response}
    run = ["node", str(FOLDER.parent / "node_agent_sdk.js")]
    done = subprocess.run(run, check=False, env=environment, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def made_at_login(administrator, connection):
    """Who is vouched for and not known comes to be at the first login, where the connection says so."""
    browser = Browser()
    page = browser.log_in(connection["login_address"], "nobody", PASSWORD, is_at_home)
    assert not isinstance(page, str) and page.status_code == 403, page
    administrator.change_connection(connection, provisioning={"enabled": True, "full_name": "displayName"})
    for _ in range(2):
        reached = Browser().log_in(connection["login_address"], "nobody", PASSWORD, is_at_home)
        assert isinstance(reached, str), (reached.status_code, reached.text[:2000])
    users = administrator.ask("GET", f"/accounts/{ACCOUNT}/users?name=nobody")["users"]
    assert [user["full_name"] for user in users] == ["No Body"], users


def main():
    administrator = Administrator()
    with tempfile.TemporaryDirectory() as home:
        idp = SimpleSamlPhp(Path(home))
        try:
            run(administrator, idp)
        except BaseException:
            print(idp.complaints())
            raise
        finally:
            idp.stop()


def run(administrator, idp):
    connection = administrator.make_connection(name="ssp", metadata=idp.start(), make_key=True)
    idp.knows_connection(connection)
    administrator.make_user("lena")

    logs_in_from_here(connection)
    two_tabs(connection)
    logouts(idp, connection)

    # From there: refused until the connection allows it, and by the API as well.
    response = response_of(idp, connection["entity_id"])
    assert login_by_api(response).status_code == 401
    saml = connection["saml"] | {"unsolicited": True}
    administrator.change_connection(connection, saml=saml)
    response = response_of(idp, connection["entity_id"])
    answer = login_by_api(response)
    assert answer.status_code == 200 and answer.json()["bearer"], answer.text
    assert login_by_api(response).status_code == 401, "a response was taken twice"
    agent_sdk(response_of(idp, connection["entity_id"]))
    stranger = login_by_api(response_of(idp, connection["entity_id"], "nobody"))
    assert stranger.status_code == 401, stranger.text

    # A wrong signature, by one byte of what is signed.
    document = base64.b64decode(response_of(idp, connection["entity_id"])).decode()
    tampered = re.sub(r"(<saml:AttributeValue[^>]*>)lena<", r"\1Lena<", document)
    assert tampered != document
    assert login_by_api(base64.b64encode(tampered.encode()).decode()).status_code == 401

    made_at_login(administrator, connection)

    # Encrypted for our key, by CBC, which is all that it can: counts where the connection says so, in a signed response alone.
    idp.start(IDP_ENCRYPT="yes")
    assert is_refused(connection)
    administrator.change_connection(connection, saml=saml | {"allow_cbc": True})
    logs_in_from_here(connection)
    idp.start(IDP_ENCRYPT="yes", IDP_SIGN_RESPONSE="no")
    assert is_refused(connection)


main()

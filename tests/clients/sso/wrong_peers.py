"""An operator connects SimpleSAMLphp and oidc-provider by the command line, as the documentation has it, and each is then wrong in
one thing: its clock, what it calls us, its certificate. Whoever logs in is told the id of the refusal, under which the audit says why;
`vestibule connection test`, through a browser or of a response that is at hand, tells what is wrong and what to do about it.
"""

import json
import re
import tempfile
import time
from html import unescape
from pathlib import Path

from administration import ACCOUNT
from browser import Browser, nowhere
from command_line import CommandLine
from peers import PASSWORD, OidcProvider, SimpleSamlPhp, clock_off_by, described, is_at_home

# Entries of the audit are written together, every few seconds.
AUDIT_SECONDS = 20
# The exit code of a test whose login would be refused.
TEST_REFUSED = 3


def expect_in(address, name):
    reached = Browser().log_in(address, name, PASSWORD, is_at_home)
    assert isinstance(reached, str), (reached.status_code, reached.text[:2000])


def expect_refused(page):
    """The id that is told."""
    assert not isinstance(page, str) and page.status_code == 403, page
    told = re.search(r"\b[0-9a-f]{16}\b", page.text)
    assert told and told[0] == page.headers["x-vestibule-refusal"], page.text
    return told[0]


class Audited:
    """What the audit has to say under the ids of refusals."""

    def __init__(self):
        self.expected = {}

    def expect(self, page, check, words):
        # Refusals of one check at one connection within a minute are one entry, with the words of the first.
        self.expected.setdefault(expect_refused(page), (check, words))

    def verify(self, command_line):
        until = time.monotonic() + AUDIT_SECONDS
        while missing := self.expected.keys() - (found := command_line.refusals()).keys():
            assert time.monotonic() < until, f"the audit has no {missing} among {found}"
            time.sleep(0.2)
        for refusal, (check, words) in self.expected.items():
            details = found[refusal]["details"]
            assert details["check"] == check and details["fix"], details
            for word in words:
                assert word in details["why"], (word, details)


def expect_tested(said, check, words):
    """The one check that `connection test` refuses, in words, with the fix."""
    refused = {line.split()[1] for line in said.splitlines() if line.startswith("REFUSED")}
    assert refused == {f"{check}:"}, said
    for word in words:
        assert word in said, (word, said)


class Attempt:
    """A login through SimpleSAMLphp as its browser and the developer tools of that see it."""

    def __init__(self, address):
        browser = Browser()
        page = browser.open(address, nowhere)
        page = browser.send(page, browser.form(page), "lena", PASSWORD, nowhere)
        form = browser.form(page)
        self.response = form["fields"]["SAMLResponse"]
        self.page = browser.send(page, form, "", "", is_at_home)


def passes(command_line, name, user):
    """A test through the browser of what is right, which signs nobody in."""
    browser = Browser()
    with command_line.test_by_browser(name) as address:
        page = browser.log_in(address, user, PASSWORD, is_at_home)
    assert page.ok and f"This would sign in {user}" in page.text, page.text
    assert command_line.exit_code == 0 and f"logs in {user}" in command_line.told, command_line.told
    assert not any(cookie.name == "__Host-vestibule" for cookie in browser.session.cookies), browser.session.cookies


def fails(command_line, name, user, check, words):
    """One of what is wrong: the page tells the check, why and what to do, the command every check."""
    with command_line.test_by_browser(name) as address:
        page = Browser().log_in(address, user, PASSWORD, is_at_home)
    assert page.ok and "Test failed" in page.text, page.text
    for word in (f"{check}:", *words):
        assert word in unescape(page.text), (word, page.text)
    assert command_line.exit_code == TEST_REFUSED, command_line.told
    expect_tested(command_line.told, check, words)


def shown_response_fails(command_line, name, response, check, words):
    """The same of a response that somebody has at hand."""
    said = command_line.connection("test", name, "--saml-response", "-", given=response, expected=TEST_REFUSED)
    expect_tested(said, check, words)


def saml(command_line, audited, idp):
    idp.start()
    command_line.connection("add", "ssp", "--metadata-url", idp.metadata_url, "--make-key")
    command_line.run("user", "add", ACCOUNT, "lena")
    connection = command_line.shown("ssp")
    metadata = idp.knows_connection(connection)
    passes(command_line, "ssp", "lena")
    expect_in(connection["login_address"], "lena")

    wrong_clock(command_line, audited, idp, connection)
    wrong_audience(command_line, audited, idp, connection, metadata)
    other_certificate(command_line, audited, idp, connection, metadata)


def wrong_clock(command_line, audited, idp, connection):
    """Five minutes ahead; and so late that what it makes has ended when it comes."""
    for seconds, words in ((300, ["too early"]), (-600, ["too late"])):
        words += ["60 s allowed"]
        idp.start(**clock_off_by(seconds))
        attempt = Attempt(connection["login_address"])
        audited.expect(attempt.page, "time", words)
        shown_response_fails(command_line, "ssp", attempt.response, "time", [*words, "NTP"])
        fails(command_line, "ssp", "lena", "time", [*words, "NTP"])
    idp.start()


def wrong_audience(command_line, audited, idp, connection, metadata):
    """It knows us by another name, so a login begins there: what answers our request names us as that does."""
    command_line.connection("set", "ssp", "--field", "saml.unsolicited=true")
    mistyped = connection["entity_id"].replace("/metadata", "/metdata")
    idp.knows(metadata.replace(connection["entity_id"], mistyped))
    attempt = Attempt(idp.login_address(mistyped, ""))
    words = [mistyped, connection["entity_id"]]
    audited.expect(attempt.page, "audience", words)
    shown_response_fails(command_line, "ssp", attempt.response, "audience", [*words, "entity id"])
    idp.knows(metadata)


def other_certificate(command_line, audited, idp, connection, metadata):
    """Where its metadata can be read, a login has that done. Where the metadata was uploaded, somebody has to act."""
    uploaded, old = idp.home / "metadata.xml", (idp.home / "cert/idp.crt").read_text()
    uploaded.write_text(idp.start())
    command_line.connection("add", "uploaded", "--metadata", str(uploaded), "--make-key")
    by_file = command_line.shown("uploaded")
    idp.knows(metadata, described(by_file))
    expect_in(by_file["login_address"], "lena")

    idp.make_key()
    idp.start()
    expect_in(connection["login_address"], "lena")

    attempt = Attempt(by_file["login_address"])
    audited.expect(attempt.page, "signatures", ["certificate"])
    words = ["certificate", "add the new certificate beside the old one"]
    shown_response_fails(command_line, "uploaded", attempt.response, "signatures", words)
    fails(command_line, "uploaded", "lena", "signatures", words)
    both = json.dumps([old, (idp.home / "cert/idp.crt").read_text()])
    command_line.connection("set", "uploaded", "--field", f"saml.certificates={both}")
    expect_in(by_file["login_address"], "lena")


def oidc(command_line, audited, provider, secret):
    provider.start()
    secret.write_text(provider.client["client_secret"])
    client = ["--client-id", provider.client["client_id"], "--client-secret-file", str(secret)]
    command_line.connection("add", "op", "--issuer", provider.issuer, *client)
    command_line.run("user", "add", ACCOUNT, "mia")
    connection = command_line.shown("op")
    passes(command_line, "op", "mia")
    expect_in(connection["login_address"], "mia")

    provider.start(**clock_off_by(300))
    words = ["too early", "60 s allowed"]
    audited.expect(Browser().log_in(connection["login_address"], "mia", PASSWORD, is_at_home), "time", words)
    fails(command_line, "op", "mia", "time", [*words, "NTP"])
    provider.start()
    expect_in(connection["login_address"], "mia")


def main():
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / name for name in ("operator", "idp")]
        for home in homes:
            home.mkdir()
        command_line, audited = CommandLine(homes[0]), Audited()
        idp, provider = SimpleSamlPhp(homes[1]), OidcProvider("op")
        try:
            saml(command_line, audited, idp)
            oidc(command_line, audited, provider, homes[0] / "secret")
            audited.verify(command_line)
        except BaseException:
            print(idp.complaints())
            raise
        finally:
            idp.stop()
            provider.stop()


main()

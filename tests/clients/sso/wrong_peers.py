"""An operator connects SimpleSAMLphp and oidc-provider by the command line, as the documentation has it, and each is then wrong in
one thing: its clock, what it calls us, its certificate. Whoever logs in is told the id of the refusal; the audit has under that id,
and `vestibule connection test` says of the response that came, what is wrong and what to do about it. Done, it works.
"""

import re
import tempfile
import time
from pathlib import Path

from administration import ACCOUNT
from browser import Browser, nowhere
from command_line import CommandLine
from peers import PASSWORD, OidcProvider, SimpleSamlPhp, clock_off_by, is_at_home

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
        self.expected[expect_refused(page)] = (check, words)

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


def refused_attempt(command_line, audited, attempt, check, words, fix):
    """All that is told of one."""
    audited.expect(attempt.page, check, words)
    said = command_line.connection("test", "ssp", "--saml-response", "-", given=attempt.response, expected=TEST_REFUSED)
    expect_tested(said, check, [*words, fix])


def saml(command_line, audited, idp):
    idp.start()
    command_line.connection("add", "ssp", "--metadata-url", idp.metadata_url, "--make-key")
    command_line.run("user", "add", ACCOUNT, "lena")
    connection = command_line.shown("ssp")
    metadata = idp.knows_connection(connection)
    expect_in(connection["login_address"], "lena")

    # Its clock is five minutes ahead.
    idp.start(**clock_off_by(300))
    attempt = Attempt(connection["login_address"])
    refused_attempt(command_line, audited, attempt, "time", ["too early", "60 s allowed"], "NTP")
    # And late: what it makes has ended when it comes.
    idp.start(**clock_off_by(-600))
    attempt = Attempt(connection["login_address"])
    refused_attempt(command_line, audited, attempt, "time", ["too late", "60 s allowed"], "NTP")

    # It knows us by another name, so it has to begin there.
    idp.start()
    command_line.connection("set", "ssp", "--field", "saml.unsolicited=true")
    mistyped = connection["entity_id"].replace("/metadata", "/metdata")
    idp.knows(metadata.replace(connection["entity_id"], mistyped))
    attempt = Attempt(idp.login_address(mistyped, ""))
    refused_attempt(command_line, audited, attempt, "audience", [mistyped, connection["entity_id"]], "entity")
    idp.knows(metadata)

    # It has another certificate than the one that we know.
    idp.make_key()
    idp.start()
    attempt = Attempt(connection["login_address"])
    refused_attempt(command_line, audited, attempt, "signatures", ["certificate"], "read its metadata anew")
    command_line.connection("refresh", "ssp")
    expect_in(connection["login_address"], "lena")


def oidc(command_line, audited, provider, secret):
    provider.start()
    secret.write_text(provider.client["client_secret"])
    client = ["--client-id", provider.client["client_id"], "--client-secret-file", str(secret)]
    command_line.connection("add", "op", "--issuer", provider.issuer, *client)
    command_line.run("user", "add", ACCOUNT, "mia")
    connection = command_line.shown("op")
    expect_in(connection["login_address"], "mia")

    provider.start(**clock_off_by(300))
    page = Browser().log_in(connection["login_address"], "mia", PASSWORD, is_at_home)
    audited.expect(page, "time", ["too early", "60 s allowed"])
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

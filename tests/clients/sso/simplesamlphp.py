"""SimpleSAMLphp as the identity provider: an operator connects it by its metadata, and people log in from either side.

It is what Debian packages, unpacked, under PHP's own web server. VESTIBULE_CLIENTS_SIMPLESAMLPHP says where.
"""

import base64
import os
import re
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import requests
from administration import ACCOUNT, CA, HTTPS, Administrator
from browser import Browser, nowhere, path_of

FOLDER = Path(__file__).resolve().parent / "simplesamlphp"
PROGRAM = Path(os.environ["VESTIBULE_CLIENTS_SIMPLESAMLPHP"])
PASSWORD = "at-the-idp"
START_SECONDS = 20

# A service provider, for as long as it has been told of no other.
NOBODY = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://nobody.example">
  <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://nobody.example/"/>
  </SPSSODescriptor>
</EntityDescriptor>"""


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class IdentityProvider:
    """A running one, with a key of its own."""

    def __init__(self, home):
        self.home = home
        for folder in ("cert", "log", "data", "tmp", "sessions"):
            (home / folder).mkdir()
        make_key = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=idp"]
        files = ["-keyout", home / "cert/idp.key", "-out", home / "cert/idp.crt"]
        subprocess.run([*make_key, *files], check=True, capture_output=True)
        self.address = f"http://127.0.0.1:{free_port()}/"
        self.knows(NOBODY)
        self.settings = {"IDP_URL": self.address, "IDP_HOME": str(home), "IDP_ACCOUNT": ACCOUNT, "SIMPLESAMLPHP_CONFIG_DIR": str(FOLDER / "config")}
        self.process = None

    def start(self, **settings):
        self.stop()
        place = self.address.removeprefix("http://").rstrip("/")
        environment = os.environ | self.settings | settings
        with open(self.home / "php.log", "ab") as log:
            serve = ["php", "-S", place, "-t", str(PROGRAM / "www")]
            self.process = subprocess.Popen(serve, env=environment, stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                metadata = requests.get(self.metadata_url, timeout=START_SECONDS)
                assert "xml" in metadata.headers["Content-Type"], metadata.text
                return metadata
            except requests.ConnectionError:
                assert time.monotonic() < until, "php does not listen"
                time.sleep(0.05)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()

    @property
    def metadata_url(self):
        return f"{self.address}saml2/idp/metadata.php"

    def knows(self, metadata):
        """Tells it about a service provider, by the metadata of that."""
        (self.home / "service-provider.xml").write_text(metadata)

    def login_address(self, entity_id, relay_state):
        """Where a login begins here."""
        return f"{self.address}saml2/idp/SSOService.php?spentityid={quote(entity_id, '')}&RelayState={quote(relay_state, '')}"


def is_at_home(address):
    """Whether somebody has come to the page of their own things."""
    return address.startswith(HTTPS) and path_of(address) == f"/me/{ACCOUNT}/"


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


def main():
    administrator = Administrator()
    with tempfile.TemporaryDirectory() as home:
        idp = IdentityProvider(Path(home))
        try:
            run(administrator, idp)
        except BaseException:
            print((Path(home) / "php.log").read_text()[-4000:])
            raise
        finally:
            idp.stop()


def run(administrator, idp):
    metadata = idp.start().text
    connection = administrator.make_connection(name="ssp", metadata=metadata, make_key=True)
    idp.knows(requests.get(connection["entity_id"], timeout=10, verify=CA).text)
    administrator.make_user("lena")

    logs_in_from_here(connection)
    two_tabs(connection)

    # From there: refused until the connection allows it, and by the API as well.
    response = response_of(idp, connection["entity_id"])
    assert login_by_api(response).status_code == 401
    saml = connection["saml"] | {"unsolicited": True}
    administrator.change_connection(connection, saml=saml)
    response = response_of(idp, connection["entity_id"])
    answer = login_by_api(response)
    assert answer.status_code == 200 and answer.json()["bearer"], answer.text
    assert login_by_api(response).status_code == 401, "a response was taken twice"
    stranger = login_by_api(response_of(idp, connection["entity_id"], "nobody"))
    assert stranger.status_code == 401, stranger.text

    # A wrong signature, by one byte of what is signed.
    document = base64.b64decode(response_of(idp, connection["entity_id"])).decode()
    tampered = re.sub(r"(<saml:AttributeValue[^>]*>)lena<", r"\1Lena<", document)
    assert tampered != document
    assert login_by_api(base64.b64encode(tampered.encode()).decode()).status_code == 401

    # Encrypted for our key, by CBC, which is all that it can: counts where the connection says so, in a signed response alone.
    idp.start(IDP_ENCRYPT="yes")
    assert is_refused(connection)
    administrator.change_connection(connection, saml=saml | {"allow_cbc": True})
    logs_in_from_here(connection)
    idp.start(IDP_ENCRYPT="yes", IDP_SIGN_RESPONSE="no")
    assert is_refused(connection)


main()

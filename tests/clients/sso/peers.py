"""The identity providers that these drivers run on loopback: SimpleSAMLphp and npm oidc-provider, each by its own clock if need be."""

import glob
import os
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import requests
from administration import ACCOUNT, CA, HTTPS
from browser import path_of

FOLDER = Path(__file__).resolve().parent
START_SECONDS = 20
# What everybody has for a password at either of them.
PASSWORD = "at-the-idp"


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def clock_off_by(seconds):
    """What a program is started with whose wall clock is to be wrong (Debian package libfaketime)."""
    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    assert library, "libfaketime is not installed: ./test does it"
    return {"LD_PRELOAD": library[0], "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def is_at_home(address):
    """Whether somebody has come to the page of their own things."""
    return address.startswith(HTTPS) and path_of(address) == f"/me/{ACCOUNT}/"


def described(connection):
    """A connection's metadata."""
    return requests.get(connection["entity_id"], timeout=10, verify=CA).text


class SimpleSamlPhp:
    """A running one under PHP's own web server, with a key of its own in `home`, which is empty before."""

    def __init__(self, home):
        self.home = home
        self.program = Path(os.environ["VESTIBULE_CLIENTS_SIMPLESAMLPHP"])
        for folder in ("cert", "log", "data", "tmp", "sessions"):
            (home / folder).mkdir()
        self.make_key()
        self.address = f"http://127.0.0.1:{free_port()}/"
        self.settings = {
            "IDP_URL": self.address,
            "IDP_HOME": str(home),
            "IDP_ACCOUNT": ACCOUNT,
            "SIMPLESAMLPHP_CONFIG_DIR": str(FOLDER / "simplesamlphp/config"),
        }
        self.process = None

    def make_key(self):
        """Another key and certificate, from the next start on."""
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=idp"]
        files = ["-keyout", self.home / "cert/idp.key", "-out", self.home / "cert/idp.crt"]
        subprocess.run([*command, *files], check=True, capture_output=True)

    def start(self, **settings):
        """Starts it anew. The settings are those that its configuration reads from the environment. Answers with its metadata."""
        self.stop()
        place = self.address.removeprefix("http://").rstrip("/")
        environment = os.environ | self.settings | settings
        with open(self.home / "php.log", "ab") as log:
            serve = ["php", "-S", place, "-t", self.program / "www"]
            self.process = subprocess.Popen(serve, env=environment, stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                metadata = requests.get(self.metadata_url, timeout=START_SECONDS)
                assert "xml" in metadata.headers["Content-Type"], metadata.text
                return metadata.text
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

    def knows(self, *metadata, sign_logout=True):
        """Tells it about service providers, as the documentation has it, and about no other."""
        convert = ["php", FOLDER / "simplesamlphp/convert.php", self.program]
        environment = os.environ | self.settings
        php = "<?php "
        for one in metadata:
            done = subprocess.run(convert, input=one, env=environment, check=True, capture_output=True, text=True)
            php += done.stdout
        if not sign_logout:
            assert "'sign.logout' => true" in php
            php = php.replace("'sign.logout' => true", "'sign.logout' => false")
        (self.home / "service-providers.php").write_text(php)

    def knows_connection(self, connection, **options):
        """The same about us, as we describe ourselves. Answers with that."""
        metadata = described(connection)
        self.knows(metadata, **options)
        return metadata

    def login_address(self, entity_id, relay_state):
        """Where a login begins here."""
        return f"{self.address}saml2/idp/SSOService.php?spentityid={quote(entity_id, '')}&RelayState={quote(relay_state, '')}"

    @property
    def logout_address(self):
        """Where a logout begins here, which leads to its own front page."""
        return f"{self.address}saml2/idp/initSLO.php?RelayState={quote(self.address, '')}"

    def complaints(self):
        """What it wrote down, for whoever looks for the reason of a failure."""
        return (self.home / "php.log").read_text()[-4000:]


class OidcProvider:
    """A running one, whose client is the connection of this name."""

    def __init__(self, connection_name):
        self.client = {"client_id": "vestibule", "client_secret": "a-secret-of-the-test-client"}
        self.issuer = f"http://127.0.0.1:{free_port()}"
        ours = f"{HTTPS}/sso/oidc/{ACCOUNT}/{connection_name}"
        self.settings = {
            "ISSUER": self.issuer,
            "REDIRECT_URIS": f"{ours}/callback,{ours}/callback/agent",
            "BACKCHANNEL_LOGOUT": f"{ours}/backchannel-logout",
            "NODE_EXTRA_CA_CERTS": CA,
            "NODE_NO_WARNINGS": "1",
        }
        self.process = None

    def start(self, **settings):
        self.stop()
        command = ["node", str(FOLDER / "oidc_provider.mjs")]
        environment = os.environ | self.settings | settings
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.strip() == "ready":
                return
        raise AssertionError("the provider does not start")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()

    def fields(self):
        """What a connection to it is made with."""
        oidc = {"issuer": self.issuer, "client_id": self.client["client_id"], "scopes": ["profile"]}
        return {"oidc": oidc, "client_secret": self.client["client_secret"]}

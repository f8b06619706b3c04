"""A gateway before an API: the configuration that users copy, from deploy/gateways, with the addresses of a test."""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from wire import Connection, ask, free_address

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy/gateways"
START_SECONDS = 30


class Gateway:
    # Of deploy/gateways.
    folder = None
    # Which address of the service it asks at.
    asks_at = "address"
    # What clients are answered while the check is down.
    down = 503
    # And while it does not answer.
    hangs = 503
    # Whether it can send forms to the check.
    sends_forms = True
    # Whether refusals have the id under which the service's log has the check.
    hands_request_ids_on = True
    # Whether it asks by a script of ours, which may fail.
    has_a_script = False
    # Whether it chooses the rule of a location by a path that it has decoded.
    decodes_before_it_chooses = True
    # Whether an API is told what a client sends behind a chunked body.
    passes_trailers_on = False
    # Whether it takes connections to the service up again.
    keeps_checks_alive = True

    def __init__(self, home, service, api, rule="default", forms=False, by_location=False, script_fails=False, tls=False):
        """Goes by `rule`, and by the rule `reports` below /v1/reports/ if it is to choose by location; sends forms along if it is to, and
        can."""
        self.home, self.service, self.api, self.rule = home / self.folder, service, api, rule
        self.address, self.tls = free_address(), tls
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(DEPLOY / self.folder, self.home)
        self.configure()
        if forms:
            self.send_forms()
        if by_location:
            self.choose_by_location()
        if tls:
            (self.home / "certificate.pem").write_bytes(certificate())
            self.speak_tls(self.home / "certificate.pem")
        if script_fails:
            self.let_script_fail()
        with open(self.home / "log", "ab") as log:
            self.process = subprocess.Popen(self.command(), cwd=self.home, env=self.environment(), stdout=log, stderr=log)
        try:
            self.wait_until_it_is_ready()
        except BaseException:
            self.stop()
            raise

    def wait_until_it_is_ready(self):
        until = time.monotonic() + START_SECONDS
        while not self.is_ready():
            assert self.process.poll() is None and time.monotonic() < until, f"it does not start: {self.said()}"
            time.sleep(0.01)

    def configure(self):
        """Puts the addresses of a test into the files."""
        raise NotImplementedError

    def send_forms(self):
        """Puts in what the files have in comments for signed requests with forms."""

    def speak_tls(self, certificate):
        """Puts in what the files say in comments for production: TLS, with HTTP/2, with the certificate and key of this file."""
        raise NotImplementedError

    def let_script_fail(self):
        """Has the script end with an error as it begins."""
        raise NotImplementedError

    def choose_by_location(self):
        """Puts in what the page has for locations with a rule of their own: `/v1/reports/` goes by `reports`."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def is_ready(self):
        """Whether it listens."""
        try:
            Connection(self.address).socket.close()
        except ConnectionRefusedError:
            return False
        return True

    def environment(self):
        # Some keep files of their own in the home of whoever starts them.
        return os.environ | {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home), "XDG_DATA_HOME": str(self.home)}

    def replace(self, file, *changes):
        """Changes a file, each text of which has to be there once."""
        path = self.home / file
        text = path.read_text()
        for old, new in changes:
            assert text.count(old) == 1, f"{file}: {text.count(old)} times {old!r}"
            text = text.replace(old, new)
        path.write_text(text)

    @property
    def port(self):
        return self.address.rsplit(":", 1)[1]

    def said(self):
        return (self.home / "log").read_text()[-4000:]

    def stop(self):
        self.process.kill()
        self.process.wait()

    def connect(self, source=""):
        return Connection(self.address, source, self.tls)

    def ask(self, method, target, headers=(), body=b""):
        return ask(self.address, method, target, headers, body, tls=self.tls)


def certificate():
    """One of its own authority, and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).add_extension(names, False)
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM) + written


def documented(page, language):
    """The first block of code in this language on a page of docs/gateways."""
    return (ROOT / "docs/gateways" / page).read_text().partition(f"```{language}\n")[2].partition("```")[0].rstrip() + "\n"


def program(name):
    """A Debian program."""
    found = shutil.which(name)
    assert found, f"{name} is not installed: ./test does it"
    return found


def of_python(name):
    """A program that a Python package brings."""
    return Path(sys.executable).parent / name


def in_packages(path):
    return Path(sysconfig.get_path("purelib")) / path

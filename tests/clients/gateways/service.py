"""A Vestibule of a test's own: `vestibule dev` on free ports, with the demo account, and its administration."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from wire import ask

ACCOUNT = "12345678"
TOKEN = "a0009999bcbc00001111000000000000"
BOT = {
    "username": "bot",
    "appKey": "0123456789abcdef0123456789abcdef",
    "secret": "0123456789abcdef",
    "accessToken": "fedcba9876543210fedcba9876543210",
    "accessTokenSecret": "fedcba9876543210",
}
OAUTH_CLIENT = {"client_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "client_secret": "demo-client-secret"}
JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
LISTENERS = ("http", "https", "grpc", "admin")


class Service:
    def __init__(self, folder, **settings):
        # Hashes as cheap as they may be: these tests are not about their cost.
        cheap = {"VESTIBULE_HASHING_MEMORY_KIB": "7168", "VESTIBULE_HASHING_ITERATIONS": "5"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VESTIBULE_")}
        listeners = [word for name in LISTENERS for word in (f"--{name}", "127.0.0.1:0")]
        self.log = folder / "vestibule.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [os.environ["VESTIBULE_PROGRAM"], "dev", "--data-dir", folder / "data", *listeners],
                env=inherited | cheap | settings,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        found = {}
        for line in self.process.stdout:
            words = line.strip("# \n").split()
            if len(words) == 2 and words[0] in LISTENERS:
                found[words[0]] = words[1].split("//")[1]
            if "Ctrl-C stops" in line:
                break
        else:
            raise AssertionError(f"vestibule does not start: {self.log.read_text()}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.address, self.grpc_address, self.admin_address = found["http"], found["grpc"], found["admin"]
        # Where it says that it is.
        self.public_host = found["https"].replace("127.0.0.1", "localhost")
        self.owner = None

    def stop(self):
        self.process.kill()
        self.process.wait()

    def suspend(self):
        """It listens on, and answers nobody."""
        self.process.send_signal(signal.SIGSTOP)
        threads = Path(f"/proc/{self.process.pid}/task")
        while not all((thread / "stat").read_text().rpartition(")")[2].split()[0] == "T" for thread in threads.iterdir()):
            time.sleep(0.01)

    def post(self, path, body, headers=(), source=""):
        return ask(self.address, "POST", path, [JSON, *headers], json.dumps(body).encode(), source)

    def log_in(self, name="name", password="password", **other):
        """A login as LivePerson has it: its answer."""
        answer = self.post(f"/api/account/{ACCOUNT}/login?v=1.3", {"username": name, "password": password} | other)
        assert answer.status == 200, answer
        return answer.json()

    def log_in_bot(self, source=""):
        answer = self.post(f"/api/account/{ACCOUNT}/login?v=1.3", BOT, source=source)
        assert answer.status == 200, answer
        return answer.json()

    def log_out(self, login):
        shown = [("Cookie", f"session_id={login['sessionId']}")]
        answer = self.post(f"/api/account/{ACCOUNT}/logout?v=1.3", {"csrf": login["csrf"]}, shown)
        assert answer.status == 200, answer

    def log_in_livevox(self, name="agent1", password="agent1-password", agent=True):
        """A login as LiveVox has it: the session's id."""
        wanted = {"clientName": "DEMO", "userName": name, "password": password, "agent": agent}
        answer = self.post("/session/login", wanted, [("LV-Access", TOKEN)])
        assert answer.status == 200, answer
        return answer.json()["sessionId"]

    def client_token(self):
        """A token that the demo account's OAuth client gets in its own name."""
        asked = {"grant_type": "client_credentials", **OAUTH_CLIENT}
        path = f"/sentinel/api/account/{ACCOUNT}/app/token?v=2.0"
        answer = ask(self.address, "POST", path, [FORM], urlencode(asked).encode())
        assert answer.status == 200, answer
        return answer.json()["access_token"]

    def log_in_at_the_page(self, name="name", password="password"):
        """A login at the page for people: the cookie that signs a browser in from then on."""
        page = f"/me/{ACCOUNT}/login"
        form = ask(self.address, "GET", page)
        visitor = form.headers["Set-Cookie"].split(";")[0]
        csrf = re.search(rb'name="csrf" value="([0-9a-f]*)"', form.body)[1].decode()
        filled = urlencode({"csrf": csrf, "user_name": name, "password": password}).encode()
        headers = [FORM, ("Cookie", visitor), ("Origin", f"http://{self.address}")]
        answer = ask(self.address, "POST", page, headers, filled)
        assert answer.status == 303, answer
        return next(line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") if line.startswith("vestibule="))

    def log_out_livevox(self, session):
        answer = ask(self.address, "DELETE", f"/session/logout/{session}")
        assert answer.status == 204, answer

    def administer(self, method, path, body=None, precondition=("If-Match", "*")):
        """A request of the administration API, by the owner."""
        if self.owner is None:
            owner = json.dumps({"username": "admin", "password": "admin-password"}).encode()
            answer = ask(self.admin_address, "POST", "/admin/v1/login", [JSON], owner)
            self.owner = ("Authorization", f"Bearer {answer.json()['token']}")
        sent = json.dumps(body).encode() if body is not None else b""
        answer = ask(self.admin_address, method, f"/admin/v1{path}", [JSON, self.owner, precondition], sent)
        assert answer.status in (200, 201, 204), (method, path, answer)
        return answer.json() if answer.body else None

    def key(self):
        """The API key that the demo account has."""
        return self.administer("GET", f"/accounts/{ACCOUNT}/api-keys")["api_keys"][0]

    def bind_key(self, address):
        """Lets the key be used from this address alone."""
        self.administer("PATCH", f"/accounts/{ACCOUNT}/api-keys/{self.key()['id']}", {"addresses": [address]})

    def set_rule(self, name, **fields):
        """Makes a rule, or makes it anew: what is not named is as it is of a new one."""
        known = {rule["name"] for rule in self.administer("GET", "/gateway-rules")["rules"]}
        precondition = ("If-Match" if name in known else "If-None-Match", "*")
        return self.administer("PUT", f"/gateway-rules/{name}", fields, precondition)

    def user(self, name):
        found = self.administer("GET", f"/accounts/{ACCOUNT}/users?name={name}")["users"]
        return next(user for user in found if user["login_name"] == name)

    def change_user(self, name, **fields):
        self.administer("PATCH", f"/accounts/{ACCOUNT}/users/{self.user(name)['id']}", fields)

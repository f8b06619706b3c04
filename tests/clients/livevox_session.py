"""The LiveVox session API as published integrations use it, with `requests` from PyPI.

Shows: login with an application token; validate before each call; a list with the session; recovery from a 401 by
logging in again; a change of password and back; odd headers that old clients send; a logout with no header at all.
"""
import json
import os
import sys

import requests

BASE = os.environ["VESTIBULE_HTTPS"]
# The demo account's, unless others are given.
GIVEN = json.loads(os.environ.get("VESTIBULE_CREDENTIALS", "{}"))
TOKEN = GIVEN.get("token", "a0009999bcbc00001111000000000000")
AGENT = GIVEN.get("agent", {"clientName": "DEMO", "userName": "agent1", "password": "agent1-password", "agent": "true"})
TIMEOUT = 10

# A machine's own bundle of certificates would win over ours.
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(name, None)


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: expected {wanted!r}, got {got!r}")


class Client:
    """Keeps a session, asks whether it is valid before each call, and logs in again when it is not."""

    def __init__(self, credentials, headers):
        self.http = requests.Session()
        self.http.verify = os.environ["VESTIBULE_CA"]
        self.credentials = credentials
        self.headers = headers
        self.session = None
        self.logins = 0

    def log_in(self):
        response = self.http.post(f"{BASE}/session/v6.0/login", json=self.credentials, headers=self.headers, timeout=TIMEOUT)
        expect("login", response.status_code, 200)
        body = response.json()
        expect("types of the login body", [type(body[key]) for key in ("sessionId", "userId", "clientId")], [str, int, int])
        self.session = body["sessionId"]
        self.logins += 1

    def is_valid(self):
        return self.http.get(f"{BASE}/session/v6.0/validate/{self.session}", timeout=TIMEOUT).status_code == 204

    def sessions(self):
        if self.session is None or not self.is_valid():
            self.log_in()
        for _ in range(2):
            response = self.http.get(
                f"{BASE}/session/v6.0/sessions",
                params={"count": 10, "offset": 0},
                headers={"LV-Session": self.session},
                timeout=TIMEOUT,
            )
            if response.status_code != 401:
                break
            self.log_in()
        expect("list", response.status_code, 200)
        return response.json()["sessions"]

    def log_out(self):
        # No header at all, as the page allows.
        return requests.delete(
            f"{BASE}/session/logout/{self.session}", verify=self.http.verify, timeout=TIMEOUT
        ).status_code

    def change_password(self, new):
        body = {**self.credentials, "newPassword": new}
        response = self.http.post(f"{BASE}/session/password", json=body, timeout=TIMEOUT)
        expect("change of password", response.status_code, 204)
        self.credentials = {**self.credentials, "password": new}


def main():
    client = Client(AGENT, {"LV-Access": TOKEN, "LV-Session": "123", "Accept": "gzip,deflate"})
    client.sessions()
    expect("logins after the first call", client.logins, 1)
    client.sessions()
    expect("logins after the second call", client.logins, 1)

    expect("logout without headers", client.log_out(), 204)
    expect("logout a second time", client.log_out(), 404)
    client.sessions()
    expect("logins after the session was ended", client.logins, 2)

    before = client.session
    client.change_password("another-password-2")
    client.sessions()
    expect("logins after the change of password", client.logins, 3)
    expect("the session after it is another", client.session != before, True)
    client.change_password(AGENT["password"])

    bearer = Client(AGENT, {"Authorization": f"Bearer {TOKEN}"})
    bearer.sessions()
    bearer.log_out()

    wrong = requests.post(f"{BASE}/session/login", json=AGENT, headers={"LV-Access": "wrong"}, verify=client.http.verify, timeout=TIMEOUT)
    expect("login with a wrong token", (wrong.status_code, wrong.text), (401, '{"code":401,"message":"Authorization error"}'))
    print("ok: livevox session")


if __name__ == "__main__":
    main()

"""The administration of the server under test, which is one of `vestibule dev`: its account, and what these drivers ask for."""

import os

import requests

ADMIN, HTTPS = os.environ["VESTIBULE_ADMIN"], os.environ["VESTIBULE_HTTPS"]
CA = os.environ["VESTIBULE_CA"]
ACCOUNT = "12345678"
TIMEOUT_SECONDS = 10


class Administrator:
    def __init__(self):
        wanted = {"username": "admin", "password": "admin-password"}
        answer = requests.post(f"{ADMIN}/admin/v1/login", json=wanted, timeout=TIMEOUT_SECONDS)
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def ask(self, method, path, body=None, expected=200, **headers):
        """The answer's JSON; `expected` is the status that it has to have."""
        address = f"{ADMIN}/admin/v1{path}"
        headers = self.headers | headers
        answer = requests.request(method, address, json=body, headers=headers, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == expected, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def make_connection(self, **fields):
        return self.ask("POST", f"/accounts/{ACCOUNT}/connections", fields, expected=201)

    def make_user(self, name):
        return self.ask("POST", f"/accounts/{ACCOUNT}/users", {"login_name": name}, expected=201)

    def change_connection(self, connection, **fields):
        path = f"/accounts/{ACCOUNT}/connections/{connection['id']}"
        return self.ask("PATCH", path, fields, **{"If-Match": "*"})

    def sessions_of(self, name):
        found = self.ask("GET", f"/sessions?account={ACCOUNT}&user={name}")
        return found["items"]

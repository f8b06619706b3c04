"""Schemathesis, with every check, against a server: it asks for everything that the description describes, in right ways and
in wrong ones, and holds every answer against it.

VESTIBULE_ADMIN says where the server is; it is one of `vestibule dev`.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

FOLDER = Path(__file__).resolve().parent
ADMIN = os.environ["VESTIBULE_ADMIN"]
# How many generated requests there are for each operation, beside those at the edges of every limit.
EXAMPLES = os.environ.get("VESTIBULE_CONFORMANCE_EXAMPLES", "5")
SEED = "20260921"


def ask(path, body, bearer=None):
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    answer = requests.post(ADMIN + path, json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    return answer.json()


def main():
    owner = ask("/admin/v1/login", {"username": "admin", "password": "admin-password"})["token"]
    soon = int(time.time() * 1000) + 3_600_000
    wanted = {"name": "conformance", "role": "owner", "expires": soon}
    token = ask("/admin/v1/administration-tokens", wanted, owner)
    ask("/admin/v1/accounts", {"id": "acme"}, owner)
    schemathesis = [Path(sys.executable).parent / "schemathesis", "--config-file", FOLDER / "schemathesis.toml"]
    run = ["run", f"{ADMIN}/admin/v1/openapi.json", "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"]
    # An answer without an end: its tests are beside it (crates/http/tests/admin/events.rs).
    endless = ["--exclude-path", "/admin/v1/events"]
    # One worker: several disturb each other while they look at the sources of the same hooks.
    limits = ["--max-examples", EXAMPLES, "--seed", SEED, "--workers", "1", "--continue-on-failure"]
    shown = ["--header", f"Authorization: Bearer {token['secret']}", "--warnings", "off", "--no-color"]
    settings = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = os.environ | settings | {"VESTIBULE_TOKEN_ID": str(token["id"])}
    # It keeps notes of its own where it runs.
    with tempfile.TemporaryDirectory() as notes:
        command = [*schemathesis, *run, *endless, *limits, *shown]
        return subprocess.run(command, env=environment, cwd=notes, timeout=600).returncode


if __name__ == "__main__":
    sys.exit(main())

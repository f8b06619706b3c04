"""The command line, as an operator uses it: logged in to the server under test, with a home of its own."""

import json
import os
import subprocess
from contextlib import contextmanager

from administration import ACCOUNT, ADMIN

LIMIT_SECONDS = 30


class CommandLine:
    def __init__(self, home):
        # What the tests are told by such variables is no setting of the program.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VESTIBULE_")}
        self.environment = environment | {"HOME": str(home), "XDG_CONFIG_HOME": str(home)}
        self.run("login", "admin", "--password-stdin", "--server", ADMIN, given="admin-password\n")

    def run(self, *arguments, given="", expected=0):
        """What a command prints, both to standard output and to standard error."""
        done = subprocess.run(
            [os.environ["VESTIBULE_PROGRAM"], *arguments],
            check=False,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        said = done.stdout + done.stderr
        assert done.returncode == expected, f"{arguments} ended with {done.returncode}:\n{said}"
        return said

    def connection(self, command, name, *arguments, **options):
        return self.run("connection", command, ACCOUNT, name, *arguments, **options)

    @contextmanager
    def test_by_browser(self, name):
        """`connection test --browser` until it ends: yields the address that it shows. What it tells stands in `told` then, and its
        exit code in `exit_code`."""
        test = subprocess.Popen(
            [os.environ["VESTIBULE_PROGRAM"], "connection", "test", ACCOUNT, name, "--browser"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            address = next(line.strip() for line in test.stderr if line.startswith("http"))
            yield address
            self.told, complained = test.communicate(timeout=LIMIT_SECONDS)
            self.told += complained
            self.exit_code = test.returncode
        finally:
            test.kill()
            test.wait()

    def shown(self, name):
        """A connection with the addresses that its provider has to be told."""
        return json.loads(self.connection("show", name, "--json"))

    def refusals(self):
        """What the audit says of refused logins, by the ids of the refusals."""
        said = self.run("audit", "list", "--account", ACCOUNT, "--action", "log-in-refused", "--json")
        entries = map(json.loads, said.splitlines())
        return {entry["details"]["refusal"]: entry for entry in entries}

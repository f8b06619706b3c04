"""Servers that bench/peers.py starts and asks, and the modules that they need."""

import base64
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

PEERS = Path(__file__).resolve().parent
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Subject:
    """A server, asked one kind of request. `beside` is whom its figures are divided by."""

    def __init__(self, name, what, beside, commands, prepare):
        self.name, self.what, self.beside = name, what, beside
        self.commands, self.prepare = commands, prepare
        self.address = free_address()
        self.programs, self.request, self.is_ended_at_once = [], None, None

    def start(self, folder, core):
        folder.mkdir()
        for command, environment in self.commands(self, folder):
            pinned = ["taskset", "-c", core, *map(str, command)]
            log = (folder / "log").open("ab")
            program = subprocess.Popen(pinned, stdout=log, stderr=log, env={**os.environ, **environment})
            self.programs.append(program)
        wait_for(self)
        self.request = self.prepare(self)

    def processor_seconds(self):
        return sum(processor_seconds(program.pid) for program in self.programs)

    def resident_bytes(self):
        return sum(int(Path(f"/proc/{one.pid}/statm").read_text().split()[1]) * PAGE for one in self.programs)

    def signal(self, number):
        for program in self.programs:
            program.send_signal(number)


class Request:
    """What is sent again and again, and which text in an answer of status 200 says that the session lives."""

    def __init__(self, method, path, headers=None, body=None, lives=None):
        self.method, self.path, self.headers, self.body, self.lives = method, path, headers or {}, body, lives

    def ask(self, address):
        status, text, _ = ask(address, self.method, self.path, self.headers, self.body)
        return status == 200 and (self.lives is None or self.lives in text)

    def script(self):
        """The same for wrk."""
        lines = [f"wrk.method = {json.dumps(self.method)}", f"wrk.path = {json.dumps(self.path)}"]
        lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in self.headers.items()]
        return "\n".join(lines + ([f"wrk.body = {json.dumps(self.body)}"] if self.body else [])) + "\n"


def node(script, subject, folder, modules, **settings):
    told = {"PEER_ADDRESS": subject.address, "PEER_FOLDER": str(folder), "PEER_NODE_MODULES": str(modules), **settings}
    return [program("node"), PEERS / script], {"NODE_ENV": "production", **told}


def installed():
    """The folder of the peers' modules, which are installed if that version of the list is not there yet."""
    lists = [PEERS / name for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(one.read_bytes() for one in lists)).hexdigest()[:16]
    home = cache() / f"bench-peers-{digest}"
    if not (home / "complete").exists():
        print(f"installing the peers of bench/peers/package-lock.json into {home}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for one in lists:
            shutil.copy(one, home)
        quiet = ["--omit=dev", "--no-audit", "--no-fund"]
        subprocess.run([program("npm"), "ci", "--prefix", home, *quiet], check=True, stdout=sys.stderr)
        (home / "complete").touch()
    return home / "node_modules"


def debian_packages(name, packages):
    """The folder into which packages of Debian were taken apart, once; None where they cannot be had. Installed, they would start services."""
    home = cache() / f"bench-{name}"
    if not (home / "complete").exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            return None
        print(f"taking {name} out of its Debian packages, into {home}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        fetched = subprocess.run(["apt-get", "download", "-qq", *packages], cwd=home, stderr=subprocess.DEVNULL)
        if fetched.returncode:
            return None
        for package in home.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, home], check=True)
            package.unlink()
        (home / "complete").touch()
    return home


def cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vestibule"


def ask(address, method, path, headers, body):
    connection = http.client.HTTPConnection(address, timeout=START_SECONDS)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer
    finally:
        connection.close()


def cookies(answered):
    status, text, answer = answered
    assert status == 200, text
    return "; ".join(one.split(";")[0] for one in answer.headers.get_all("Set-Cookie"))


def basic(name, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def program(name):
    return shutil.which(name) or sys.exit(f"{name} is not installed")


def wait_for(subject):
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            host, port = subject.address.split(":")
            return socket.create_connection((host, int(port))).close()
        except ConnectionRefusedError:
            ended = [one for one in subject.programs if one.poll() is not None]
            if ended or time.monotonic() > until:
                sys.exit(f"{subject.name} does not listen")
            time.sleep(0.05)


def free_address():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listening.getsockname()[1]}"


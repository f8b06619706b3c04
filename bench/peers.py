#!/usr/bin/env python3
"""What it costs to ask whether a session lives, beside peers that packages bring, in one run on one machine.

    peers.py [--rounds N] [--seconds N] [--connections N] [--only NAME,...] VESTIBULE

VESTIBULE is the program, of a release build. Needs Node, wrk and redis-server (Debian packages nodejs, wrk, redis-server). The peers
are npm packages of the versions of peers/package-lock.json, installed once into the cache of this user; what each is asked is in
peers/*.js. Each server, with the store that it needs beside, answers on the first core, the load comes from the last. They take turns,
round by round; what is compared is the median of the rounds' ratios. Before anything is measured each is shown a credential that is
good, one that is not, and one whose session has just been ended.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

PEERS = Path(__file__).resolve().parent / "peers"
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PERSON = {"username": "name", "password": "password"}
ACCOUNT = "12345678"


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


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=int, default=4)
    arguments.add_argument("--connections", type=int, default=64)
    arguments.add_argument("--only", type=lambda text: text.split(","), help="of " + ", ".join(SUBJECTS))
    arguments.add_argument("vestibule", type=Path)
    asked = arguments.parse_args()
    modules = installed()
    cores = sorted(os.sched_getaffinity(0))
    chosen = subjects(asked.vestibule.resolve(), modules, asked.only)
    with tempfile.TemporaryDirectory() as folder:
        try:
            for subject in chosen:
                subject.start(Path(folder) / subject.name, str(cores[0]))
                expect_what_it_is_called(subject)
                subject.signal(signal.SIGSTOP)
            rounds = [one_round(asked, chosen, Path(folder), str(cores[-1])) for _ in range(asked.rounds + 1)]
            # The first is for caches and connections.
            tell(chosen, rounds[1:], asked)
        finally:
            for program in (program for subject in chosen for program in subject.programs):
                program.kill()
                program.wait()


def one_round(asked, chosen, folder, core):
    figures = {}
    for subject in chosen:
        # Whose turn it is not computes nothing.
        subject.signal(signal.SIGCONT)
        before = subject.processor_seconds()
        requests, rate = load(subject, asked, folder, core)
        used = subject.processor_seconds() - before
        figures[subject.name] = (rate, used / requests * 1e6, subject.resident_bytes() / 2**20)
        subject.signal(signal.SIGSTOP)
    return figures


def load(subject, asked, folder, core):
    """How many were answered, and how many in a second."""
    script = folder / f"{subject.name}.lua"
    script.write_text(subject.request.script())
    wrk = ["taskset", "-c", core, program("wrk"), "-t1", f"-c{asked.connections}", f"-d{asked.seconds}s", "-s", script]
    said = subprocess.run([*wrk, f"http://{subject.address}/"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{subject.name}: not every request was answered 200:\n{said}")
    return int(re.search(r"(\d+) requests in", said)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])


def tell(chosen, rounds, asked):
    print(f"{asked.connections} connections, {asked.rounds} rounds of {asked.seconds} s; medians\n")
    print("| asked | per second | CPU µs | MiB | CPU / Vestibule's | per second, Vestibule's / its | ended at the next |")
    print("|---|---|---|---|---|---|---|")
    for subject in chosen:
        rate, cpu, memory = (statistics.median(one[subject.name][index] for one in rounds) for index in range(3))
        cpus, rates = "", ""
        if subject.beside:
            cpus = spread([one[subject.name][1] / one[subject.beside][1] for one in rounds])
            rates = spread([one[subject.beside][0] / one[subject.name][0] for one in rounds])
        ended = "yes" if subject.is_ended_at_once else "**no**"
        print(f"| {subject.what} | {rate:,.0f} | {cpu:,.1f} | {memory:,.0f} | {cpus} | {rates} | {ended} |")
    print(f"\nload of the machine in the last minute: {os.getloadavg()[0]:.1f}")


def spread(values):
    return f"{statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f})"


def expect_what_it_is_called(subject):
    """What is measured has to be what it is called; and whether a session that was ended is refused when it is shown next."""
    live = subject.request
    ended = subject.prepare(subject)
    assert live.ask(subject.address) and ended.ask(subject.address), f"{subject.name} refuses a session that lives"
    assert not Request(live.method, live.path, strangers(live), strangers_body(live), live.lives).ask(subject.address), subject.name
    END[subject.name](subject, ended)
    subject.is_ended_at_once = not ended.ask(subject.address)
    assert live.ask(subject.address), f"{subject.name} ended another session too"


def strangers(request):
    """The headers with credentials of nobody; who asks an introspection stays who they are."""
    if request.body:
        return request.headers
    return {name: re.sub(r"[0-9A-Za-z]{12}", "0123456789ab", value, count=1) for name, value in request.headers.items()}


def strangers_body(request):
    return request.body and urlencode({"token": "f" * 64})


# Each subject.


def subjects(vestibule, modules, only):
    chosen = [name for name in SUBJECTS if not only or name in only or name in {SUBJECTS[it][1] for it in only}]
    return [Subject(name, SUBJECTS[name][0], SUBJECTS[name][1], *SUBJECTS[name][2](vestibule, modules)) for name in chosen]


def check(vestibule, _modules):
    return lambda subject, folder: serve(vestibule, subject, folder), log_in


def introspection(vestibule, _modules):
    return lambda subject, folder: serve(vestibule, subject, folder), introspected


def serve(vestibule, subject, folder):
    unused = ["--https", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
    return [([vestibule, "dev", "--data-dir", folder / "data", "--http", subject.address, *unused], {})]


def log_in(subject):
    # The second login of a user ends the first: whoever comes next is another.
    who = PERSON if subject.request is None else {"username": "agent", "password": "agent-password"}
    status, text, _ = ask(subject.address, "POST", f"/api/account/{ACCOUNT}/login?v=1.3", JSON, json.dumps(who))
    assert status == 200, text
    return Request("GET", "/gateway/check", {"Authorization": f"Bearer {json.loads(text)['bearer']}"})


def introspected(subject):
    bearer = log_in(subject).headers["Authorization"].removeprefix("Bearer ")
    asks = basic("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "demo-resource-server-secret")
    return Request("POST", "/oauth2/introspect", {**FORM, **asks}, urlencode({"token": bearer}), '"active":true')


def revoke(path):
    def end(subject, request):
        status, text, _ = ask(subject.address, "POST", path, request.headers, request.body)
        assert status == 200, text

    return end


def end_by_revocation(subject, request):
    bearer = request.headers["Authorization"].removeprefix("Bearer ")
    asks = basic("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "demo-resource-server-secret")
    status, text, _ = ask(subject.address, "POST", "/oauth2/revoke", {**FORM, **asks}, urlencode({"token": bearer}))
    assert status == 200, text


def express(_vestibule, modules):
    def commands(subject, folder):
        redis = free_address()
        host, port = redis.split(":")
        unkept = ["--save", "", "--appendonly", "no", "--bind", host, "--port", port, "--dir", folder]
        return [([program("redis-server"), *unkept], {}), node("express.js", subject, folder, modules, PEER_REDIS=redis)]

    def prepare(subject):
        return Request("GET", "/check", {"Cookie": cookies(ask(subject.address, "POST", "/login", {}, None))})

    return commands, prepare


def better_auth(_vestibule, modules, **settings):
    def commands(subject, folder):
        return [node("better_auth.js", subject, folder, modules, **settings)]

    def prepare(subject):
        person = {"name": "name", "email": f"name{time.monotonic_ns()}@vestibule.example", "password": "a password"}
        signed_up = ask(subject.address, "POST", "/api/auth/sign-up/email", origin(subject), json.dumps(person))
        return Request("GET", "/api/auth/get-session", {"Cookie": cookies(signed_up)}, lives='"session"')

    return commands, prepare


def better_auth_with_cache(vestibule, modules):
    return better_auth(vestibule, modules, PEER_COOKIE_CACHE="300")


def oidc_provider(_vestibule, modules):
    def commands(subject, folder):
        return [node("oidc_provider.js", subject, folder, modules)]

    def prepare(subject):
        asks = {**FORM, **basic("bench", "bench-secret")}
        status, text, _ = ask(subject.address, "POST", "/token", asks, urlencode({"grant_type": "client_credentials"}))
        assert status == 200, text
        body = urlencode({"token": json.loads(text)["access_token"]})
        return Request("POST", "/token/introspection", asks, body, '"active":true')

    return commands, prepare


def origin(subject):
    return {**JSON, "Origin": f"http://{subject.address}"}


def end_at_better_auth(subject, request):
    headers = {**origin(subject), **request.headers}
    status, text, _ = ask(subject.address, "POST", "/api/auth/sign-out", headers, "{}")
    assert status == 200, text


SUBJECTS = {
    "check": ("Vestibule: a check", None, check),
    "express": ("Express with express-session and Redis", "check", express),
    "better-auth": ("Better Auth, SQLite: `get-session`", "check", better_auth),
    "better-auth-cache": ("the same with its cookie cache of 5 minutes", "check", better_auth_with_cache),
    "introspection": ("Vestibule: introspection", None, introspection),
    "oidc-provider": ("oidc-provider, memory: introspection", "introspection", oidc_provider),
}

END = {
    "check": end_by_revocation,
    "express": revoke("/logout"),
    "better-auth": end_at_better_auth,
    "better-auth-cache": end_at_better_auth,
    "introspection": revoke("/oauth2/revoke"),
    "oidc-provider": revoke("/token/revocation"),
}


# Small things.


def node(script, subject, folder, modules, **settings):
    told = {"PEER_ADDRESS": subject.address, "PEER_FOLDER": str(folder), "PEER_NODE_MODULES": str(modules), **settings}
    return [program("node"), PEERS / script], {"NODE_ENV": "production", **told}


def installed():
    """The folder of the peers' modules, which are installed if that version of the list is not there yet."""
    lists = [PEERS / name for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(one.read_bytes() for one in lists)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / f"vestibule/bench-peers-{digest}"
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


if __name__ == "__main__":
    main()

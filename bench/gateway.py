#!/usr/bin/env python3
"""What the check costs a request that goes through nginx to an API, beside the same without the check, in one run.

    gateway.py [--rounds N] [--seconds N] VESTIBULE

VESTIBULE is the program, of a release build. Needs nginx and wrk (Debian packages of these names). nginx is one worker with the files of
deploy/gateways/nginx; it, Vestibule and the API each answer on the first core, the load comes from the last. The API is another nginx
that answers 200 bytes. Sides take turns, round by round; what is compared is the median of the rounds' ratios.
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

SHIPPED = Path(__file__).resolve().parents[1] / "deploy/gateways/nginx"
START_SECONDS = 30
LEAST_RATE = 0.45
MOST_MORE_MS = 0.3
DIRECT = build_opener(ProxyHandler({}))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=4)
    arguments.add_argument("vestibule", type=Path)
    asked = arguments.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    addresses = {name: free_address() for name in ("vestibule", "api", "with", "without")}
    programs = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for command in commands(Path(folder), addresses, asked.vestibule.resolve()):
                pinned = ["taskset", "-c", str(cores[0]), *command]
                programs.append(subprocess.Popen(pinned, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            for address in addresses.values():
                wait_for(address)
            bearer = log_in(addresses["vestibule"])
            expect_the_gate(addresses, bearer)
            measure(asked, addresses, bearer, str(cores[-1]))
        finally:
            for program in programs:
                program.terminate()
            for program in programs:
                program.wait()


def measure(asked, addresses, bearer, core):
    rounds = []
    for number in range(asked.rounds + 1):
        figures = {}
        for connections in (64, 1):
            for side in ("without", "with"):
                figures[side, connections] = load(addresses[side], bearer, connections, asked.seconds, core)
        # The first is for caches and connections.
        if number:
            rounds.append(figures)
    print(f"{'':34}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}")
    for connections in (64, 1):
        for side in ("without", "with"):
            rate, p50, p99 = (statistics.median(one[side, connections][index] for one in rounds) for index in range(3))
            print(f"{f'{side} the check, {connections} connections':34}{rate:>12,.0f}{p50:>9.3f}{p99:>9.3f}")
    rates = [one["with", 64][0] / one["without", 64][0] for one in rounds]
    more = [one["with", 1][1] - one["without", 1][1] for one in rounds]
    tell(f"rate with / without, at least {LEAST_RATE}", rates, statistics.median(rates) >= LEAST_RATE)
    tell(f"p50 at one connection, ms more, at most {MOST_MORE_MS}", more, statistics.median(more) <= MOST_MORE_MS)
    print(f"load of the machine in the last minute: {os.getloadavg()[0]:.1f}")


def tell(what, values, is_reached):
    spread = f"{min(values):.2f}-{max(values):.2f}"
    print(f"{what}: {statistics.median(values):.2f} ({spread}), {'reached' if is_reached else 'MISSED'}")


def load(address, bearer, connections, seconds, core):
    """Requests a second, and how long half of them and 99 % took at most, in ms."""
    wrk = ["taskset", "-c", core, program("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    said = subprocess.run(
        [*wrk, "-H", f"Authorization: Bearer {bearer}", f"http://{address}/orders"], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"not every request was answered 200:\n{said}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return rate, *(in_ms(re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said)) for percent in (50, 99))


def in_ms(found):
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


def commands(folder, addresses, vestibule):
    unused = ["--https", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
    nginx = [program("nginx"), "-e", "stderr", "-c"]
    api = f"server {{ listen {addresses['api']}; location / {{ return 200 '{'x' * 200}'; }} }}"
    return [
        [vestibule, "dev", "--data-dir", folder / "data", "--http", addresses["vestibule"], *unused],
        [*nginx, configured(folder / "api", api)],
        [*nginx, configured(folder / "gateway", sites(folder / "gateway", addresses))],
    ]


def sites(folder, addresses):
    """The shipped site, and the same again at another address without the two lines that ask."""
    (folder / "vestibule").mkdir(parents=True)
    for name in ("check.conf", "identity.conf"):
        shutil.copy(SHIPPED / name, folder / "vestibule")
    shipped = (SHIPPED / "vestibule.conf").read_text()
    shipped = shipped.replace("127.0.0.1:8080", addresses["vestibule"]).replace("127.0.0.1:9000", addresses["api"])
    server = shipped[shipped.index("\nserver {") :]
    without = re.sub(r"^\s*(auth_request|include vestibule/identity).*$", "", server, flags=re.MULTILINE)
    assert without != server
    return shipped.replace("listen 8000", f"listen {addresses['with']}") + without.replace("listen 8000", f"listen {addresses['without']}")


def configured(folder, sites):
    folder.mkdir(exist_ok=True)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log stderr;\nevents {{ worker_connections 4096; }}\n"
        f"http {{\naccess_log off;\nkeepalive_requests 1000000000;\n{folders}\n{sites}\n}}\n"
    )
    return folder / "nginx.conf"


def log_in(address):
    body = json.dumps({"username": "name", "password": "password"}).encode()
    url = f"http://{address}/api/account/12345678/login?v=1.3"
    with DIRECT.open(Request(url, body, {"Content-Type": "application/json"})) as answer:
        return json.load(answer)["bearer"]


def expect_the_gate(addresses, bearer):
    """What is measured has to be what it is called."""
    for side, shown, expected in (("with", bearer, 200), ("with", "0" * 64, 401), ("without", "0" * 64, 200)):
        curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Authorization: Bearer {shown}"]
        status = subprocess.run([*curl, f"http://{addresses[side]}/orders"], capture_output=True, text=True).stdout
        assert status == str(expected), (side, status)


def program(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    return found or sys.exit(f"{name} is not installed")


def wait_for(address):
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            host, port = address.split(":")
            return socket.create_connection((host, int(port))).close()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                sys.exit(f"nothing listens at {address}")
            time.sleep(0.05)


def free_address():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listening.getsockname()[1]}"


if __name__ == "__main__":
    main()

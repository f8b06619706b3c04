#!/usr/bin/env python3
"""Starts an API, nginx before it and `vestibule dev`, calls the API with a client, and goes on until Ctrl-C.

    run.py [--once] [--free-ports]

--once ends when the client has; --free-ports takes whichever ports are free instead of 8000, 8080 and 9000. `vestibule` is looked for
on the PATH, or is what VESTIBULE_PROGRAM names; nginx has to be installed (Debian package nginx, of which no service has to run).
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONFIGURATION = HERE.parents[1] / "deploy/gateways/nginx"
START_SECONDS = 30
# A second way to the same API, by a rule of its own (rules.toml): for requests that an API key signs.
PARTNERS = """
    location /partners/ {
        auth_request /vestibule-check/signed;
        include vestibule/identity.conf;
        # The path as it was asked about. With a path here nginx would pass on what it has made of it.
        proxy_pass http://api;
        proxy_http_version 1.1;
        proxy_set_header Host       $http_host;
        proxy_set_header Upgrade    $http_upgrade;
        proxy_set_header Connection $vestibule_connection;
    }
"""


def main():
    free = "--free-ports" in sys.argv
    addresses = {name: f"127.0.0.1:{free_port() if free else port}" for name, port in
                 (("gateway", 8000), ("vestibule", 8080), ("api", 9000))}
    for name, address in addresses.items():
        refuse_what_is_taken(name, address)
    programs = []
    # Whoever ends this program ends the others too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        try:
            for command in commands(Path(folder), addresses):
                programs.append(subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL))
            for name, address in addresses.items():
                wait_for(name, address, programs)
            subprocess.run(rules(Path(folder)), env=environment(), stdout=subprocess.DEVNULL, check=True)
            client = [sys.executable, HERE / "client.py", *(f"http://{addresses[name]}" for name in ("vestibule", "gateway"))]
            status = subprocess.run(client).returncode
            if "--once" in sys.argv or status:
                sys.exit(status)
            print(f"\nThe API is at http://{addresses['gateway']}, Vestibule at http://{addresses['vestibule']}. Ctrl-C ends them.")
            signal.pause()
        except KeyboardInterrupt:
            pass
        finally:
            for program in programs:
                program.terminate()
            for program in programs:
                program.wait()


def vestibule():
    return os.environ.get("VESTIBULE_PROGRAM") or program("vestibule")


def rules(folder):
    return [vestibule(), "apply", "--data-dir", folder / "data", HERE / "rules.toml"]


def commands(folder, addresses):
    # Its other listeners are of no use here.
    unused = ["--https", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
    return [
        [sys.executable, HERE / "service.py", addresses["api"].split(":")[1]],
        [vestibule(), "dev", "--data-dir", folder / "data", "--http", addresses["vestibule"], *unused],
        [program("nginx"), "-e", "stderr", "-c", configured(folder / "nginx", addresses)],
    ]


def environment():
    """Without the settings of another Vestibule."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("VESTIBULE_")}
    return others | {"VESTIBULE_LOG_LEVEL": "warn"}


def configured(folder, addresses):
    """The files of deploy/gateways with these addresses, for an nginx that needs no rights and leaves nothing behind."""
    (folder / "vestibule").mkdir(parents=True)
    for name in ("check.conf", "identity.conf"):
        shutil.copy(CONFIGURATION / name, folder / "vestibule")
    site = (CONFIGURATION / "vestibule.conf").read_text()
    for shipped, ours in (
        ("127.0.0.1:8080", addresses["vestibule"]),
        ("127.0.0.1:9000", addresses["api"]),
        ("listen 8000", f"listen {addresses['gateway']}"),
        ("\n    location / {", f"{PARTNERS}\n    location / {{"),
    ):
        site = site.replace(shipped, ours)
    (folder / "vestibule.conf").write_text(site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    whole = f"daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{folders}\n"
    (folder / "nginx.conf").write_text(f"{whole}include {folder}/vestibule.conf;\n}}\n")
    return folder / "nginx.conf"


def program(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        sys.exit(f"{name} is not installed")
    return found


def wait_for(name, address, programs):
    until = time.monotonic() + START_SECONDS
    while True:
        for program in programs:
            if program.poll() is not None:
                sys.exit(f"{program.args[0]} has ended, with status {program.returncode}")
        try:
            host, port = address.split(":")
            return socket.create_connection((host, int(port))).close()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                sys.exit(f"{name} does not listen at {address}")
            time.sleep(0.05)


def refuse_what_is_taken(name, address):
    """Otherwise somebody else's server would be taken for one of these."""
    host, port = address.split(":")
    with socket.socket() as listening:
        # As servers do: what a connection of before has left is not in the way.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, int(port)))
        except OSError as failure:
            sys.exit(f"{name} cannot listen at {address}: {failure.strerror}. End what does, or see --free-ports")


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


if __name__ == "__main__":
    main()

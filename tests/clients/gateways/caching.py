"""The gateway of examples/caching-gateway: what holds of the answers that it keeps (docs/gateways/caching.md).

    python caching.py FACT      each is a function here; VESTIBULE_PROGRAM says where the program is
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from service import ACCOUNT, Service
from wire import ask, free_address, pass_on

PROGRAM = Path(__file__).resolve().parents[3] / "examples/caching-gateway/gateway.py"
RESOURCE_SERVER = "9f8e7d6c5b4a39281706f5e4d3c2b1a0:demo-resource-server-secret"
LEASE_SECONDS = 5
ROUNDS = 200
OVERALL_LIMIT_SECONDS = 240
# To be stopped at the end, whether the fact holds or not.
GATEWAYS = []


class Gateway:
    def __init__(self, service):
        self.address = free_address()
        settings = {"VESTIBULE": service, "CLIENT": RESOURCE_SERVER, "PORT": self.address.split(":")[1]}
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([sys.executable, PROGRAM], env=os.environ | settings, **silent)
        GATEWAYS.append(self)
        for _ in range(200):
            if self.status([]) == 401:
                return
            time.sleep(0.05)
        raise AssertionError("the gateway does not start")

    def status(self, headers):
        """Of the answer; None: there is none."""
        try:
            return ask(self.address, "GET", "/", headers).status
        except (OSError, http.client.HTTPException):
            return None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        self.process.kill()
        self.process.wait()


def checks(service):
    """How many checks have let somebody through."""
    text = ask(service.admin_address, "GET", "/metrics").body.decode()
    counted = re.findall(r'vestibule_http_requests_total\{method="GET",route="/gateway/check",status="200"\} (\d+)', text)
    return sum(map(int, counted))


def bearer(login):
    return [("Authorization", f"Bearer {login['bearer']}")]


def keep(service, gateway, shown):
    """Has the gateway keep a yes: the second question is answered without the service."""
    for _ in range(40):
        before = checks(service)
        assert gateway.status(shown) == 200
        asked = checks(service)
        assert asked == before + 1, (before, asked)
        assert gateway.status(shown) == 200
        if checks(service) == asked:
            return
        # Something happened in between, or the stream has just begun.
        time.sleep(0.05)
    raise AssertionError("nothing is kept")


def logged_out(service, login):
    service.log_out(login)
    return 401


def ended_by_an_administrator(service, login):
    user = service.user("name")["id"]
    service.administer("DELETE", f"/accounts/{ACCOUNT}/users/{user}/sessions")
    return 401


def replaced_by_a_login(service, login):
    service.log_in()
    return 401


def of_a_disabled_user(service, login):
    service.change_user("name", enabled=False)
    return 401


def under_another_rule(service, login):
    service.set_rule("default", populations=["agent"])
    return 403


def of_a_disabled_key(service, login):
    set_key(service, False)
    return 401


def set_key(service, enabled):
    key = service.administer("GET", f"/accounts/{ACCOUNT}/api-keys")["api_keys"][0]["id"]
    service.administer("PATCH", f"/accounts/{ACCOUNT}/api-keys/{key}", {"enabled": enabled})


# What ends the right to a yes, and what puts right again what it changed.
ENDS = (
    (logged_out, None),
    (ended_by_an_administrator, None),
    (replaced_by_a_login, None),
    (of_a_disabled_user, lambda service: service.change_user("name", enabled=True)),
    (under_another_rule, lambda service: service.administer("DELETE", "/gateway-rules/default")),
    (of_a_disabled_key, lambda service: set_key(service, True)),
)


def s3_no_yes_after_an_end_was_answered(service):
    gateway = Gateway(service.address)
    one = {"session_policy": {"concurrency": "one"}}
    service.administer("PATCH", f"/accounts/{ACCOUNT}", one)
    for number in range(ROUNDS):
        end, put_right = ENDS[number % len(ENDS)]
        login = service.log_in_bot() if end is of_a_disabled_key else service.log_in()
        keep(service, gateway, bearer(login))
        expected = end(service, login)
        answered = gateway.status(bearer(login))
        assert answered == expected, (number, end.__name__, answered)
        if put_right:
            put_right(service)


def s3_no_yes_after_the_lease_when_nothing_arrives_any_more(service):
    relay = FreezingRelay(service.address)
    gateway = Gateway(relay.address)
    login = service.log_in()
    keep(service, gateway, bearer(login))
    relay.frozen.set()
    frozen = time.monotonic()
    service.log_out(login)
    last = None
    while time.monotonic() < frozen + LEASE_SECONDS + 3:
        begun = time.monotonic()
        if gateway.status(bearer(login)) == 200:
            last = begun
        time.sleep(0.05)
    assert last is not None, "nothing was kept while it counted"
    assert last < frozen + LEASE_SECONDS + 0.1, last - frozen


def s3_who_waited_for_a_gateway_that_was_stopped_is_refused(service):
    gateway = Gateway(service.address)
    login = service.log_in()
    keep(service, gateway, bearer(login))
    gateway.signal(signal.SIGSTOP)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(gateway.status(bearer(login))))
    waiting.start()
    service.log_out(login)
    time.sleep(LEASE_SECONDS + 1)
    gateway.signal(signal.SIGCONT)
    waiting.join()
    assert answers == [401], answers


def s3_who_waited_for_a_gateway_whose_stream_was_cut_is_refused(service):
    """It was stopped for longer than its lease, and nothing of the end has come through."""
    relay = FreezingRelay(service.address)
    gateway = Gateway(relay.address)
    login = service.log_in()
    keep(service, gateway, bearer(login))
    relay.frozen.set()
    gateway.signal(signal.SIGSTOP)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(gateway.status(bearer(login))))
    waiting.start()
    service.log_out(login)
    time.sleep(LEASE_SECONDS + 1)
    gateway.signal(signal.SIGCONT)
    waiting.join()
    assert answers in ([401], [None]), answers


class FreezingRelay:
    """Passes on what goes to an address and comes from it, until it is frozen: then nothing comes back, and no connection is closed."""

    def __init__(self, address):
        self.frozen = threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self.to = address
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listening.accept()
            host, port = self.to.rsplit(":", 1)
            far = socket.create_connection((host, int(port)))
            threading.Thread(target=pass_on, args=(near, far, 0), daemon=True).start()
            threading.Thread(target=self.pass_back, args=(far, near), daemon=True).start()

    def pass_back(self, far, near):
        try:
            while data := far.recv(65536):
                if self.frozen.is_set():
                    time.sleep(OVERALL_LIMIT_SECONDS)
                near.sendall(data)
            near.close()
        except OSError:
            # The other direction has ended it.
            pass


def stop_gateways():
    for gateway in GATEWAYS:
        gateway.stop()


def give_up():
    print(f"it takes longer than {OVERALL_LIMIT_SECONDS} s", flush=True)
    stop_gateways()
    os._exit(1)


def main():
    limit = threading.Timer(OVERALL_LIMIT_SECONDS, give_up)
    limit.daemon = True
    limit.start()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder))
        try:
            globals()[sys.argv[1]](service)
        finally:
            stop_gateways()
            service.stop()


if __name__ == "__main__":
    main()

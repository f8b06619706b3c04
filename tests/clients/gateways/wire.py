"""HTTP/1.1 as it is written down: targets and headers go out as they are given, whatever a client library would make of them."""

import http.client
import json
import random
import socket
import ssl
import threading
import time

# Traefik gives up after half a minute.
LONGEST_SECONDS = 45


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:2000]}"


class Connection:
    """One connection, on which requests follow each other."""

    def __init__(self, address, source="", tls=False):
        """`source` is the client's own address."""
        self.address = address
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), LONGEST_SECONDS, (source, 0))
        if tls:
            self.socket = trusting("http/1.1").wrap_socket(self.socket, server_hostname="localhost")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, method, target, headers=(), body=b""):
        """`headers` are pairs, sent in their order, as often as they are there."""
        self.send(method, target, headers, body)
        response = http.client.HTTPResponse(self.socket, method=method)
        response.begin()
        return Answer(response.status, response.headers, response.read())

    def send(self, method, target, headers=(), body=b""):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.address}", *(f"{name}: {value}" for name, value in headers)]
        if body and "transfer-encoding" not in {name.lower() for name, _ in headers}:
            lines.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def ask(address, method, target, headers=(), body=b"", source="", tls=False):
    """One request on a connection of its own."""
    with Connection(address, source, tls) as connection:
        return connection.ask(method, target, [*headers, ("Connection", "close")], body)


def trusting(protocol):
    """For TLS with whoever answers: what is tested is what is said through it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    return context


def free_address():
    """An address where nobody listens, with none of the ports that the system gives to whoever asks for any: another test would get it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as listening:
            try:
                listening.bind(("127.0.0.1", port))
            except OSError:
                continue
        return f"127.0.0.1:{port}"


class Relay:
    """Passes connections on to an address, and counts them."""

    def __init__(self, address, answers_after_seconds=0):
        self.to, self.answers_after_seconds = address, answers_after_seconds
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self.opened = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listening.accept()
            self.opened += 1
            host, port = self.to.rsplit(":", 1)
            far = socket.create_connection((host, int(port)))
            for source, target, seconds in ((near, far, 0), (far, near, self.answers_after_seconds)):
                threading.Thread(target=pass_on, args=(source, target, seconds), daemon=True).start()


def pass_on(source, target, after_seconds):
    try:
        while source.recv(1, socket.MSG_PEEK):
            # What comes meanwhile comes along.
            time.sleep(after_seconds)
            data = source.recv(65536)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # The other direction has ended it.
        pass

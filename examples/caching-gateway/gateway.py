#!/usr/bin/env python3
"""A gateway that keeps what /gateway/check answers, by the rule of docs/gateways/caching.md. VESTIBULE=HOST:PORT CLIENT=ID:SECRET PORT=8000"""
import base64, hashlib, http.client, http.server, json, os, socket, threading, time
VESTIBULE, SHOWN, KEPT_SECONDS = os.environ["VESTIBULE"], ("Authorization", "LV-Session", "Cookie"), 30
PROOF = base64.b64encode(os.environ["CLIENT"].encode()).decode()
now = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)  # goes on while the machine sleeps

class Events:
    """The stream, and what is kept as long as it lets us. Everything here is done under the lock."""
    lock, kept, turn, stream, last, unread, lease = threading.Lock(), {}, 0, None, "", b"", 0
    def read(self):
        """Reads all that the stream has brought, and opens another when there is none."""
        try:
            if not self.stream:
                self.asked, self.unread = now(), b""
                self.stream = socket.create_connection(VESTIBULE.rsplit(":", 1), timeout=1)
                lines = [f"Host: {VESTIBULE}", f"Authorization: Basic {PROOF}", f"Last-Event-ID: {self.last}"]
                self.stream.sendall("\r\n".join(["GET /gateway/events HTTP/1.0", *lines, "", ""]).encode())
                self.stream.setblocking(False)
            while data := self.stream.recv(65536):
                *events, self.unread = (self.unread + data).split(b"\n\n")
                for event in events:
                    self.take(dict(line.split(": ", 1) for line in event.decode().splitlines() if ": " in line))
            raise OSError("the stream is over")
        except BlockingIOError:
            return
        except OSError:
            self.stream, self.lease, self.turn = None, 0, self.turn + 1
    def take(self, fields):
        self.last, told = fields.get("id", self.last), json.loads(fields.get("data", "{}"))
        if fields.get("event") == "lease":
            self.lease = self.asked + (told["elapsed"] + told["valid"]) / 1000
            self.kept = {key: (until, who) for key, (until, who) in self.kept.items() if now() < until}
        elif "event" in fields:
            is_about = lambda who: all(who.get(name, value) in ("", value) for name, value in told.items())
            self.kept, self.turn = {key: it for key, it in self.kept.items() if not is_about(it[1])}, self.turn + 1

class Gateway(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        shown, begun = [(name, value) for name in SHOWN for value in self.headers.get_all(name, [])], now()
        key = hashlib.sha256(repr(shown).encode()).digest()
        with events.lock:
            events.read()
            turn, (until, who) = events.turn, events.kept.get(key, (0, {}))
            status = 200 if now() < min(until, events.lease) else None
        if not status:
            check = http.client.HTTPConnection(VESTIBULE, timeout=5)
            check.putrequest("GET", "/gateway/check")
            [check.putheader(name, value) for name, value in shown]
            check.endheaders()
            status, told = (answer := check.getresponse()).status, lambda name: answer.getheader(f"X-Vestibule-{name}") or ""
            who = {name: told(name) for name in ("account", "user", "application", "session")}
            with events.lock:
                events.read()
                if status == 200 and len(shown) == 1 and turn == events.turn and who["session"] and who["user"]:
                    events.kept[key] = (begun + min(int(told("seconds-left") or 0), KEPT_SECONDS), who)
        self.send_response(status)
        self.end_headers()
events = Events()
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Gateway).serve_forever()

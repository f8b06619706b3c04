#!/usr/bin/env python3
"""A small API behind a gateway: orders, each account's own. It has no login, no sessions and no passwords: it believes the headers
that the gateway sets after it has asked Vestibule, and so it listens where only the gateway reaches it.

    service.py [PORT]
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# By account.
ORDERS = {}
HIGHER_RANKS = ("manager", "it-user", "super-user", "sys-admin")


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def caller(self):
        """Whose request it is. The gateway has removed whatever a client sent under these names."""
        tell = self.headers.get
        return {
            "account": tell("X-Vestibule-Account", ""),
            "user": tell("X-Vestibule-User", ""),
            "name": tell("X-Vestibule-User-Name", ""),
            "role": tell("X-Vestibule-Roles", ""),
            "application": tell("X-Vestibule-Application", ""),
        }

    def path_alone(self):
        """Without the query, and the same for partners, to whom the gateway lets this API be known below another path."""
        return self.path.partition("?")[0].removeprefix("/partners")

    def do_GET(self):
        caller = self.caller()
        if self.path_alone() == "/whoami":
            self.answer(200, caller)
        elif self.path_alone() == "/orders":
            self.answer(200, ORDERS.get(caller["account"], []))
        else:
            self.answer(404, {"error": "There is no such thing"})

    def do_POST(self):
        caller = self.caller()
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path_alone() != "/orders":
            return self.answer(404, {"error": "There is no such thing"})
        try:
            item = str(json.loads(sent)["item"])
        except (ValueError, TypeError, KeyError):
            return self.answer(400, {"error": 'Send {"item": "…"}'})
        orders = ORDERS.setdefault(caller["account"], [])
        orders.append({"id": len(orders) + 1, "item": item, "by": caller["name"] or caller["application"]})
        self.answer(201, orders[-1])

    def do_DELETE(self):
        caller = self.caller()
        if self.path_alone() != "/orders":
            return self.answer(404, {"error": "There is no such thing"})
        # What a role may do is this API's own matter. (What needs no data of its own can be a rule of the gate.)
        if caller["role"] not in HIGHER_RANKS:
            return self.answer(403, {"error": "For managers"})
        ORDERS.pop(caller["account"], None)
        self.answer(200, [])

    def answer(self, status, body):
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        pass


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    ThreadingHTTPServer(("127.0.0.1", port), Api).serve_forever()


if __name__ == "__main__":
    main()

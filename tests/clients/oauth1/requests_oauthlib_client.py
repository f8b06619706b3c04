"""requests with requests-oauthlib, as LivePerson's Python samples and the Singer tap tap-liveperson use them, against a server on a
free port of this machine. Standard input: {consumer_key, consumer_secret, token, token_secret}. Standard output: {name: {method,
target, headers: [[name, value]], body}}, each as it came over the wire."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests
from requests_oauthlib import OAuth1, OAuth1Session

seen = {}


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def record(self):
        length = int(self.headers.get("Content-Length", 0))
        seen[self.server.name] = {
            "method": self.command,
            "target": self.path,
            "headers": self.headers.items(),
            "body": self.rfile.read(length).decode("utf-8"),
        }
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PUT = do_DELETE = record

    def log_message(self, *_):
        pass


def main():
    key = json.load(sys.stdin)
    four = (key["consumer_key"], key["consumer_secret"], key["token"], key["token_secret"])
    server = HTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    account = f"{base}/api/account/12345678"

    def sent(name, method, url, auth=None, session=requests, **how):
        server.name = name
        answer = session.request(method, url, timeout=10, **({"auth": auth} if auth else {}), **how)
        answer.raise_for_status()

    as_json = {"Content-Type": "application/json"}
    # tap-liveperson: the domain of a service, a GET with parameters, and a POST of JSON.
    sent("domain", "GET", f"{account}/service/engHistDomain/baseURI.json", OAuth1(*four), headers=as_json, params={"version": "1.0"}, json=None)
    sent("agents", "GET", f"{account}/configuration/le-users/users", OAuth1(*four), headers=as_json, params={"v": "1", "select": "id,name"})
    search = f"{base}/interaction_history/api/account/12345678/interactions/search"
    body = {"start": {"from": 1, "to": 2}, "oauth_nonce": "ü & more=1"}
    sent("search", "POST", search, OAuth1(*four), headers=as_json, params={"offset": 0, "limit": 100}, json=body)
    # Whatever a query may hold.
    odd = [("name", "Ann Lee"), ("ids[]", "1"), ("ids[]", "[2]"), ("名前", "Zoë ☃"), ("q", "a+b&c=d%20/~'(*)"), ("empty", "")]
    sent("odd", "GET", f"{account}/skills/a b/ü", OAuth1(*four), params=odd)
    sent("plus", "GET", f"{account}/skills?name=Ann+Lee&ids[]=1&x", OAuth1(*four))
    # As LivePerson's samples name the options.
    named = OAuth1(
        four[0],
        client_secret=four[1],
        resource_owner_key=four[2],
        resource_owner_secret=four[3],
        signature_method="HMAC-SHA1",
        signature_type="auth_header",
    )
    sent("sample", "PUT", f"{account}/configuration/le-users/users/42?v=1", named, headers=as_json, data='{"a": 1}')
    sent("sha256", "DELETE", f"{account}/users/42", OAuth1(*four, signature_method="HMAC-SHA256", realm="vestibule"))
    sent("form", "POST", f"{account}/forms?v=1", OAuth1(*four), data=odd)
    sent("in the query", "GET", f"{account}/skills?v=1", OAuth1(*four, signature_type="query"))
    sent("in the form", "POST", f"{account}/forms?v=1", OAuth1(*four, signature_type="body"), data={"a": "b c"})
    with OAuth1Session(*four) as session:
        sent("session", "GET", f"{account}/skills?v=1", session=session)
    # What is refused.
    sent("plaintext", "GET", f"{account}/skills?v=1", OAuth1(*four, signature_method="PLAINTEXT"))
    sent("two legs", "GET", f"{account}/skills?v=1", OAuth1(four[0], four[1]))
    sent("other secret", "GET", f"{account}/skills?v=1", OAuth1(four[0], "x", *four[2:]))
    server.shutdown()
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()

"""oauthlib as a client and as a server of signed requests. Each line of standard input asks something, each line of standard output
answers.

{sign: {client: {...}, method, uri, form, place, nonce, timestamp, realm}} is answered with {uri, authorization, form},
{verify: {client: {...}, method, uri, authorization, form}} with {taken}, or {refused: why} where it does not come to a decision."""

import json
import sys

from oauthlib.oauth1 import Client, RequestValidator, ResourceEndpoint

FORM = "application/x-www-form-urlencoded"


def headers_of(asked):
    headers = {}
    if asked["form"] is not None:
        headers["Content-Type"] = FORM
    if asked.get("authorization") is not None:
        headers["Authorization"] = asked["authorization"]
    return headers


def sign(asked):
    key = asked["client"]
    client = Client(
        key["consumer_key"],
        client_secret=key["consumer_secret"],
        resource_owner_key=key["token"],
        resource_owner_secret=key["token_secret"],
        signature_method=key["method"],
        signature_type=asked["place"],
        nonce=asked["nonce"],
        timestamp=str(asked["timestamp"]),
        realm=asked["realm"],
    )
    uri, headers, body = client.sign(asked["uri"], asked["method"], asked["form"], headers_of(asked))
    return {"uri": uri, "authorization": headers.get("Authorization"), "form": body or None}


class Keys(RequestValidator):
    """Knows one key, and leaves time and nonce to others."""

    enforce_ssl = False
    timestamp_lifetime = 1 << 40
    client_key_length = access_token_length = nonce_length = (1, 128)
    safe_characters = frozenset(chr(code) for code in range(33, 127))
    dummy_client = dummy_access_token = "nobody"

    def __init__(self, key):
        super().__init__()
        self.key = key

    def validate_client_key(self, client_key, request):
        return client_key == self.key["consumer_key"]

    def validate_access_token(self, client_key, token, request):
        return token == self.key["token"]

    def validate_timestamp_and_nonce(self, *_, **__):
        return True

    def validate_realms(self, *_, **__):
        return True

    def get_client_secret(self, client_key, request):
        return self.key["consumer_secret"]

    def get_access_token_secret(self, client_key, token, request):
        return self.key["token_secret"]


def verify(asked):
    endpoint = ResourceEndpoint(Keys(asked["client"]))
    taken, _ = endpoint.validate_protected_resource_request(
        asked["uri"], asked["method"], asked["form"], headers_of(asked), ["api"]
    )
    return {"taken": bool(taken)}


def main():
    for line in sys.stdin:
        [(what, asked)] = json.loads(line).items()
        try:
            answer = {"sign": sign, "verify": verify}[what](asked)
        except Exception as error:  # What it says of a request that is none.
            answer = {"refused": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

"""Asks the server over gRPC as Envoy does, with messages that envoy-data-plane encodes and grpclib sends: what passes, what is refused, its
health.

VESTIBULE_HTTP and VESTIBULE_GRPC say where the server is; it is one of `vestibule dev`. Over TLS its certificate is of VESTIBULE_CA.
"""

import asyncio
import json
import os
import ssl
import urllib.request

from envoy_data_plane.envoy.config.core.v3 import Address, HeaderMap, HeaderValue, HeaderValueOptionHeaderAppendAction, SocketAddress
from envoy_data_plane.envoy.service.auth.v3 import (
    AttributeContext,
    AttributeContextHttpRequest,
    AttributeContextPeer,
    AttributeContextRequest,
    AuthorizationAsyncStub,
    CheckRequest,
)
from grpclib.client import Channel
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.health.v1.health_grpc import HealthStub
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

ACCOUNT = "12345678"
OVERWRITE = HeaderValueOptionHeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD


def log_in():
    request = urllib.request.Request(
        f"{os.environ['VESTIBULE_HTTP']}/api/account/{ACCOUNT}/login?v=1.3",
        json.dumps({"username": "name", "password": "password"}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def held(headers, target="/orders?a=b", raw=True, **context):
    if raw:
        lines = [HeaderValue(key=name, raw_value=value.encode()) for name, value in headers.items()]
        told = {"header_map": HeaderMap(headers=lines)}
    else:
        told = {"headers": headers}
    http = AttributeContextHttpRequest(
        id="1", method="GET", path=target, host="api.example", scheme="https", protocol="HTTP/1.1", size=-1, **told
    )
    address = Address(socket_address=SocketAddress(address="192.0.2.7", port_value=40000))
    return CheckRequest(
        attributes=AttributeContext(
            source=AttributeContextPeer(address=address),
            request=AttributeContextRequest(http=http),
            context_extensions=context,
        )
    )


def identity(answer):
    assert answer.status.code == 0, answer
    options = answer.ok_response.headers
    assert all(option.append_action == OVERWRITE for option in options), options
    return {option.header.key.removeprefix("x-vestibule-"): option.header.value for option in options}


def refusal(answer):
    denied = answer.denied_response
    return answer.status.code, int(denied.status.code), denied.body


async def check(channel):
    service, login = AuthorizationAsyncStub(channel), log_in()
    shown = [
        {"authorization": f"Bearer {login['bearer']}"},
        {"cookie": f"theme=dark; session_id={login['sessionId']}"},
    ]
    for headers in shown:
        for raw in (True, False):
            told = identity(await service.check(held(headers, raw=raw)))
            assert (len(told), told["account"], told["user-name"], told["skills"]) == (12, ACCOUNT, "name", ""), told
    code, status, body = refusal(await service.check(held({})))
    assert (code, status, body) == (16, 401, '{"error":"Not authenticated"}')
    code, status, _ = refusal(await service.check(held(shown[0], "/api/account/99999999/x")))
    assert (code, status) == (16, 401)
    code, status, body = refusal(await service.check(held(shown[0], rule="none")))
    assert (code, status) == (7, 403) and json.loads(body)["type"] == "urn:vestibule:unknown-rule", body
    # Many at once on one connection.
    answers = await asyncio.gather(*(service.check(held(shown[0])) for _ in range(100)))
    assert all(identity(answer)["account"] == ACCOUNT for answer in answers)


async def health(channel):
    service = HealthStub(channel)
    for name in ("", "envoy.service.auth.v3.Authorization"):
        answer = await service.Check(HealthCheckRequest(service=name))
        assert answer.status == HealthCheckResponse.SERVING, answer
    try:
        await service.Check(HealthCheckRequest(service="other"))
    except GRPCError as error:
        assert error.status == Status.NOT_FOUND, error
    else:
        raise AssertionError("it knows the health of what it does not have")


def channel_to(url):
    scheme, _, address = url.partition("://")
    assert scheme == ("https" if os.environ.get("VESTIBULE_GATEWAYS_GRPC_TLS") else "http"), url
    host, port = address.split(":")
    if scheme == "http":
        return Channel(host, int(port))
    trusting = ssl.create_default_context(cafile=os.environ["VESTIBULE_CA"])
    trusting.set_alpn_protocols(["h2"])
    return Channel(host, int(port), ssl=trusting)


async def main():
    channel = channel_to(os.environ["VESTIBULE_GRPC"])
    try:
        await check(channel)
        await health(channel)
    finally:
        channel.close()


asyncio.run(main())

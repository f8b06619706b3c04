"""What goes through: bodies, answers, WebSockets."""

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from fixture import bearer, case, told
from wire import Relay


@case
def a_body_reaches_the_api(site):
    site.start()
    login = site.service.log_in()
    body = bytes(range(256)) * 1024
    for method in ("POST", "PUT", "PATCH"):
        assert site.passes([bearer(login)], method=method, body=body).body == body
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (b"a" * 70000, b"bc")) + b"0\r\n\r\n"
    reached = site.passes([bearer(login), ("Transfer-Encoding", "chunked")], method="POST", body=pieces)
    assert reached.body == b"a" * 70000 + b"bc"
    site.refuses([], method="POST", body=body)


@case
def an_answer_of_the_api_arrives_as_it_is(site):
    site.start()
    answer = site.gateway.ask("GET", "/missing", [bearer(site.service.log_in())])
    assert (answer.status, answer.json()["target"]) == (404, "/missing"), answer


@case
def a_websocket_is_upgraded_for_who_is_known(site):
    site.start()
    login = site.service.log_in()
    address = f"ws://{site.gateway.address}/socket"
    with connect(address, additional_headers=[bearer(login)], proxy=None) as socket:
        for text in ("one", "two"):
            socket.send(text)
            assert socket.recv(timeout=10) == text
    assert told(site.api.reached.pop())["user-name"] == "name"
    for headers in ([], [("Authorization", "Bearer " + "0" * 64)]):
        try:
            connect(address, additional_headers=headers, proxy=None).close()
        except InvalidStatus as refusal:
            assert refusal.response.status_code == 401, refusal
        else:
            raise AssertionError("it is upgraded for nobody")
    assert not site.api.reached


@case
def checks_share_connections_to_the_service(site):
    relay = Relay(site.asked_address)
    site.start(service=relay.address)
    login = site.service.log_in()
    with site.gateway.connect() as connection:
        for _ in range(20):
            site.passes([bearer(login)], connection=connection)
    assert (relay.opened < 5) == site.gateway.keeps_checks_alive, f"{relay.opened} connections for 20 checks"

"""What reaches the API while nobody can be asked, or nobody waits for the answer: nothing."""

import socket

from fixture import bearer, case
from stub import GrpcHandler, HttpHandler, Stub
from wire import Relay


@case
def g3_while_the_service_is_down_nothing_passes(site):
    site.start()
    login = site.service.log_in()
    site.passes([bearer(login)])
    site.service.stop()
    site.refuses([bearer(login)], status=site.gateway.down)
    site.refuses([], status=site.gateway.down)


@case
def g3_while_the_service_does_not_answer_nothing_passes(site):
    site.start()
    login = site.service.log_in()
    site.passes([bearer(login)])
    site.service.suspend()
    site.refuses([bearer(login)], status=site.gateway.hangs)


@case
def g3_a_rule_that_is_not_there_lets_nobody_pass(site):
    site.start("no-such-rule")
    site.refuses([bearer(site.service.log_in())], status=403)


@case
def g3_a_check_that_answers_neither_yes_nor_no_lets_nobody_pass(site):
    by_grpc = site.kind.asks_at == "grpc_address"
    stub = Stub(GrpcHandler if by_grpc else HttpHandler)
    site.start(service=stub.address)
    login = site.service.log_in()
    failures = ["503 Service Unavailable", "500 Internal Server Error", "431 Request Header Fields Too Large", "429 Too Many Requests"]
    failures += ["404 Not Found", "400 Bad Request", "302 Found"]
    if by_grpc:
        # 14 is UNAVAILABLE. With 200, and without: an answer of something else than a gRPC service.
        grpc = [(":status", "200"), ("content-type", "application/grpc")]
        failures = [[*grpc, ("grpc-status", status)] for status in ("14", "13", "12", "8", "4", "2", "0", "")]
        failures += [grpc, [(":status", "503")], [(":status", "200"), ("content-type", "text/html")]]
    for failure in failures:
        stub.answer = failure
        status = (500, 502, 503) if by_grpc else (int(failure[:3]), 500, 502, 503)
        site.refuses([bearer(login)], status=status)
        site.refuses([], method="POST", body=b"{}", status=status)


@case
def g3_a_check_that_breaks_off_lets_nobody_pass(site):
    by_grpc = site.kind.asks_at == "grpc_address"
    stub = Stub(GrpcHandler if by_grpc else HttpHandler)
    stub.answer, stub.is_whole = "200 OK", False
    site.start(service=stub.address)
    login = site.service.log_in()
    site.refuses([bearer(login)], status=(500, 502, 503))
    if site.gateway.has_a_script:
        site.gateway.stop()
        site.start(script_fails=True)
        site.refuses([bearer(login)], status=(500, 503))


@case
def g3_who_hangs_up_before_the_check_answers_reaches_nothing(site):
    relay = Relay(site.asked_address, answers_after_seconds=0.03)
    site.start(service=relay.address)
    body, connections = b"{}", []
    for _ in range(20):
        for hangs_up in (reset, shut_down):
            for method, written in (("GET", b""), ("POST", body)):
                connection = site.gateway.connect()
                connection.send(method, "/orders", body=written)
                hangs_up(connection.socket)
                connections.append(connection)
    # Who asks later is answered later: by then all of these have been. On a busy machine a check first takes longer by the relay than the
    # gateway waits for it, and is refused.
    shown, statuses = [bearer(site.service.log_in())], []
    while statuses.count(200) < 3 and len(statuses) < 40:
        statuses.append(site.gateway.ask("GET", "/later", shown).status)
    assert statuses.count(200) == 3, (statuses, site.complaints())
    targets = [request.target for request in site.api.reached]
    assert targets == ["/later"] * 3, targets


def reset(connection):
    """Closes it as a program does that is killed with data unread: nobody may send it anything more."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def shut_down(connection):
    """Says that nothing more will be sent, and reads no answer."""
    connection.shutdown(socket.SHUT_WR)

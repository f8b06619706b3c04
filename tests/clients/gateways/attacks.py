"""What somebody who means harm sends: the lines that begin with g of the list (docs/security/attacks.md)."""

from websockets.sync.client import connect

from fixture import EVERYTHING, IDENTITY, bearer, case, told
from service import ACCOUNT, Service

OTHER_ACCOUNT = "99999999"


@case
def g2_users_who_share_a_connection_are_told_apart(site):
    site.start()
    name, agent = site.service.log_in(), site.service.log_in("agent", "agent-password")
    with site.gateway.connect() as connection:
        for _ in range(3):
            assert told(site.passes([bearer(name)], connection=connection))["user-name"] == "name"
            assert told(site.passes([bearer(agent)], connection=connection))["user-name"] == "agent"
            site.refuses([], connection=connection)


@case
def g4_a_gateway_from_no_network_of_gateways_is_refused(site):
    site.service.stop()
    site.service = Service(site.folder, VESTIBULE_GATEWAYS_NETWORKS="10.0.0.0/8")
    site.start()
    site.refuses([bearer(site.service.log_in())], status=403)


@case
def g4_identity_headers_of_the_client_do_not_reach_the_api(site):
    site.service.set_rule("account", identity_headers=["account"])
    site.start("account")
    login = site.service.log_in("agent", "agent-password")
    for name in IDENTITY:
        plain = f"X-Vestibule-{name}"
        spellings = [plain, plain.lower(), plain.upper()]
        for sign in "_.!~+":
            spellings += [plain.replace("-", sign), plain.replace("-", sign, 1), f"X-Vestibule{sign}{name}"]
        # One by one, and twice.
        for spelling in spellings:
            spoofed = [(spelling, "root"), (spelling, "admin")]
            answer = site.gateway.ask("GET", "/orders", [*spoofed, bearer(login)])
            if answer.status == 200:
                assert told(site.api.reached.pop()) == {"account": ACCOUNT}, spelling
            else:
                assert answer.status == 400 and not site.api.reached, (spelling, answer)


@case
def g4_no_client_takes_an_identity_header_off_its_request(site):
    site.service.set_rule("all", identity_headers=EVERYTHING)
    site.start("all")
    shown = bearer(site.service.log_in())
    site.passes([shown])
    whole = set(told(site.api.reached.pop()))
    names = [f"X-Vestibule-{name}" for name in IDENTITY]
    lists = [*names, ", ".join(names), f"keep-alive,{names[1].lower()}", f"\t{names[1].upper()} ,TE", f"close, {names[1]}"]
    # What Connection names is of this connection alone: proxies drop it, and so may the API, if it is told of it.
    attempts = [[("Connection", value)] for value in lists]
    attempts += [[("Connection", "keep-alive"), ("connection", names[1])]]
    socket = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
    attempts += [[("Connection", f"Upgrade, {names[1]}"), *socket]]
    for headers in attempts:
        with site.gateway.connect() as connection:
            answer = connection.ask("GET", "/orders", [shown, *headers])
        if answer.status in (101, 200):
            reached = site.api.reached.pop()
            assert set(told(reached)) == whole, headers
            assert "vestibule" not in " ".join(reached.all("connection")).lower(), headers
        else:
            assert answer.status == 400 and not site.api.reached, (headers, answer)


@case
def g4_no_client_takes_off_what_the_gateway_says_of_its_request(site):
    allowed = "127.0.0.2"
    site.service.bind_key(allowed)
    site.start()
    shown, own = bearer(site.service.log_in_bot(source=allowed)), f"/api/account/{ACCOUNT}/x"
    names = ["X-Forwarded-For", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Method"]
    names += ["X-Original-URI", "X-Original-Method", "X-Envoy-External-Address", "X-Real-IP"]
    for name in names:
        for claimed in ([], [(name, allowed)]):
            with site.gateway.connect() as connection:
                site.refuses([shown, ("Connection", name), *claimed], own, status=(400, 401, 403), connection=connection)
        # What is taken off is missing to the check, or was the client's own.
        before = len(site.api.reached)
        with site.gateway.connect(source=allowed) as connection:
            answer = connection.ask("GET", own, [shown, ("Connection", name)])
        assert answer.status in (200, 400, 401), (name, answer)
        assert (answer.status == 200) == (len(site.api.reached) == before + 1), (name, answer)
    with site.gateway.connect(source=allowed) as connection:
        site.passes([shown], own, connection=connection)


@case
def g4_a_trailer_is_no_identity_header(site):
    site.service.set_rule("account", identity_headers=["account"])
    site.start("account")
    shown = bearer(site.service.log_in("agent", "agent-password"))
    for announced in ([], [("Trailer", "X-Vestibule-User")]):
        headers = [shown, ("Transfer-Encoding", "chunked"), *announced]
        body = b"3\r\nabc\r\n0\r\nX-Vestibule-User: root\r\nX-Vestibule-Account: 1\r\n\r\n"
        with site.gateway.connect() as connection:
            reached = site.passes(headers, method="POST", body=body, connection=connection)
        assert (told(reached), reached.body) == ({"account": ACCOUNT}, b"abc"), reached.headers
        passed_on = [name for name, _ in reached.trailers if "vestibule" in name.lower()]
        assert not passed_on or site.gateway.passes_trailers_on, reached.trailers


@case
def g4_the_address_that_a_client_claims_is_not_believed(site):
    allowed = "127.0.0.2"
    site.service.bind_key(allowed)
    site.start()
    shown = bearer(site.service.log_in_bot(source=allowed))
    names = ["X-Forwarded-For", "X_Forwarded_For", "X-Envoy-External-Address", "X-Real-IP", "Forwarded", "True-Client-IP"]
    for name in names:
        with site.gateway.connect(source=allowed) as theirs:
            site.passes([shown, (name, "203.0.113.7")], connection=theirs)
        for value in (allowed, f"{allowed}, {allowed}", f"for={allowed}"):
            site.refuses([shown, (name, value)])
            site.refuses([(name, value), shown, (name, value)])


# Ways to write what two programs may read as another path.
def spellings_of_admin(inside):
    """Targets below the folder `inside`, as a pattern may see it, that somebody could read as /admin/x."""
    dots = ["..", "%2e%2e", ".%2e", "%2E.", "..;", "..;a=b", "%252e%252e", "%2e%2e%3b", "..%00", "%c0%ae%c0%ae", "..%09"]
    targets = [f"{inside}/{up}/admin/x" for up in dots]
    targets += [
        f"{inside}/..%2fadmin/x",
        f"{inside}/..%2Fadmin/x",
        f"{inside}%2f..%2fadmin/x",
        f"{inside}/..%5cadmin/x",
        f"{inside}/..\\admin/x",
        f"{inside}\\..\\admin/x",
        f"{inside}//../admin/x",
        f"{inside}/./../admin/x",
        f"{inside}/x/../../admin/x",
        f"//admin/x/..{inside}/../admin/x",
        f"{inside}/a#/../../admin/x",
        f"{inside}/%23/../../admin/x",
        f"{inside}/a%3f/../../admin/x",
    ]
    return targets


@case
def g1_no_spelling_of_a_path_leads_past_a_rule(site):
    site.service.set_rule("public", paths=["/public/**"])
    site.start("public")
    shown = bearer(site.service.log_in())
    for target in ("/public/x", "/public/a/b?c=../../admin", "/%70ublic/x", "/public/%C3%BC"):
        site.passes([shown], target)
    site.refuses([shown], "/admin/x", status=403)
    for target in [*spellings_of_admin("/public"), "//admin/x", "/PUBLIC/x", "/public", "/admin/x?/public/x", "/admin/x;/public/y"]:
        refused_or_harmless(site, [shown], target)


@case
def g1_no_spelling_of_a_path_leads_past_the_rule_of_a_location(site):
    site.service.set_rule("reports", minimum_rank="manager", paths=["/v1/reports/**"])
    # Whatever no location has. Where a gateway chooses by the path as it is written, these leave the location's own out.
    site.service.set_rule("default", paths=["/**"] if site.kind.decodes_before_it_chooses else ["/orders", "/a"])
    site.start("default", by_location=True)
    agent = bearer(site.service.log_in("agent", "agent-password"))
    site.passes([agent], "/orders")
    site.refuses([agent], "/v1/reports/x", status=403)
    site.passes([bearer(site.service.log_in())], "/v1/reports/x")
    address, shown = f"ws://{site.gateway.address}/v1/reports/x", bearer(site.service.log_in())
    with connect(address, additional_headers=[shown], proxy=None) as socket:
        socket.send("one")
        assert socket.recv(timeout=10) == "one"
    rest = ["/%72eports/x", "/reports/%78", "//reports/x", ";a/reports/x", "/reports;a/x", "/./reports/x", "/%2e/reports/x"]
    rest += ["/x/../reports/x", "/x/%2e%2e/reports/x", "/x/..;/reports/x", "/reports%2f/x", "/..%2fv1/reports/x", "/reports%5cx"]
    rest += ["%2freports/x", "\\reports\\x"]
    targets = [f"/v1{written}" for written in rest]
    targets += ["//v1/reports/x", "/%76%31/reports/x", "/%2fv1/reports/x", "/%252e/v1/reports/x"]
    # And what stands below the location to one reader alone.
    targets += [f"/v1/reports/{up}/{up}/a" for up in ("..", "%2e%2e", ".%2e", "..;", "%252e%252e")]
    for target in targets:
        before = len(site.api.reached)
        answer = site.gateway.ask("GET", target, [agent])
        if answer.status == 200:
            # It was resolved before it was asked about.
            assert site.api.reached.pop().target == "/a", target
        else:
            assert answer.status in (301, 307, 308, 400, 403, 404), (target, answer)
            assert len(site.api.reached) == before, target


@case
def g1_no_spelling_of_a_path_leads_to_another_account(site):
    site.start()
    shown = bearer(site.service.log_in())
    own, other = f"/api/account/{ACCOUNT}/x", f"/api/account/{OTHER_ACCOUNT}/x"
    site.passes([shown], own)
    site.refuses([shown], other)
    targets = [
        f"/{other}",
        f"/x/..{other}",
        f"/%61pi/account/{OTHER_ACCOUNT}/x",
        f"/api%2faccount/{OTHER_ACCOUNT}/x",
        f"{own}/..%2f..%2f{OTHER_ACCOUNT}/x",
        f"/api\\account\\{OTHER_ACCOUNT}",
        f"/api;a/account/{OTHER_ACCOUNT}/x",
        f"/API/account/{OTHER_ACCOUNT}/x",
        f"/api/account/{OTHER_ACCOUNT}%00",
        f"/api/account/{OTHER_ACCOUNT}%2fx",
        f"/a#/..{other}",
        f"http://{ACCOUNT}.example{other}",
        f"/api/account/%39{OTHER_ACCOUNT[1:]}/x",
    ]
    for target in targets:
        refused_or_harmless(site, [shown], target)


def refused_or_harmless(site, headers, target):
    """The gateway or the check refuses, or what reaches the API is plainly within what is allowed, since the gateway has resolved it:
    it is then the path that was asked about."""
    answer = site.gateway.ask("GET", target, headers)
    if answer.status == 200:
        reached = site.api.reached.pop().target
        path = reached.split("?")[0]
        inside = path.startswith(("/public/", f"/api/account/{ACCOUNT}/"))
        assert inside and not any(sign in path for sign in ("%", "..", "//", ";", "\\", "#")), f"{target} reached the API as {reached}"
    else:
        # Some gateways send clients to the path that they would have asked about.
        assert answer.status in (301, 307, 308, 400, 401, 403, 404), (target, answer)
        assert not site.api.reached or site.api.reached[-1].target != target, target


@case
def g6_the_target_is_the_one_that_was_asked_for(site):
    site.start()
    shown = bearer(site.service.log_in())
    own, other = f"/api/account/{ACCOUNT}/x", f"/api/account/{OTHER_ACCOUNT}/x"
    names = [
        "X-Original-URI",
        "X_Original_URI",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded-Uri",
        "X_Forwarded_Uri",
        "X-Forwarded-Prefix",
        "X-Forwarded-Host",
        "X-Forwarded-Method",
        "X-Original-Method",
        "X-Envoy-Original-Path",
        "X-Envoy-Original-Dst-Host",
    ]
    for name in names:
        for claimed in ([(name, other)], [(name, other), (name, other)]):
            site.passes([shown, *claimed], own)
        for claimed in ([(name, own)], [(name, own), (name, own)]):
            site.refuses([shown, *claimed], other)


@case
def g6_the_query_of_a_client_means_nothing_to_the_check(site):
    site.start()
    shown = bearer(site.service.log_in())
    own, other = f"/api/account/{ACCOUNT}/x", f"/api/account/{OTHER_ACCOUNT}/x"
    for query in (f"uri={other}", f"rule=none&/rule/none{other}", "?", other):
        site.passes([shown], f"{own}?{query}")
    for query in (f"uri={own}", own, f"x#{own}"):
        site.refuses([shown], f"{other}?{query}", status=(400, 401))


@case
def g6_the_path_of_a_client_names_no_rule(site):
    site.service.set_rule("managers", minimum_rank="manager")
    site.start("managers")
    shown = bearer(site.service.log_in("agent", "agent-password"))
    behind = ["/rule/default", "/../default", "/%2e%2e/default", "/../../rule/default/x", "/..%2fdefault", "//rule/default"]
    for target in [*behind, "/gateway/check/envoy/rule/default/x", "/vestibule-check/default", "/gateway/check"]:
        site.refuses([shown], target, status=(400, 401, 403, 404))


@case
def clients_cannot_ask_for_checks_themselves(site):
    site.start()
    shown = bearer(site.service.log_in())
    # The API has a path of this name, or the gateway keeps it from clients: the service does not answer.
    answer = site.gateway.ask("GET", "/vestibule-check/default", [shown])
    assert answer.status in (200, 404) and "X-Vestibule-User" not in answer.headers, answer
    assert answer.status == 404 or site.api.reached[-1].target == "/vestibule-check/default"

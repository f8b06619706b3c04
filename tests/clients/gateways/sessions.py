"""Who passes, what the API is told of them, and who is refused."""

import time
from urllib.parse import urlsplit

from fixture import EVERYTHING, bearer, case, cookie, told
from service import ACCOUNT, OAUTH_CLIENT


@case
def a_bearer_passes_and_the_api_is_told_whose_it_is(site):
    site.service.set_rule("all", identity_headers=EVERYTHING)
    skills = [site.service.administer("POST", f"/accounts/{ACCOUNT}/skills", {"name": name})["id"] for name in ("billing", "returns")]
    site.service.change_user("name", skills=skills)
    site.start("all")
    login = site.service.log_in()
    user = site.service.user("name")
    for method in ("GET", "HEAD", "DELETE", "PROPFIND"):
        reached = site.passes([bearer(login)], "/orders?a=b&c=%2F", method)
        assert (reached.method, reached.target) == (method, "/orders?a=b&c=%2F"), reached.target
        identity = told(reached)
        assert len(identity.pop("session")) == 36 and 28700 < int(identity.pop("seconds-left")) <= 28800, identity
        assert identity == {
            "account": ACCOUNT,
            "user": str(user["id"]),
            "user-name": "name",
            "roles": "sys-admin",
            "privileges": "100,101,1730,1731,1732,1733,1734,1735",
            "skills": ",".join(str(skill) for skill in skills),
            "max-chats": "3",
            "max-async-chats": "15",
            "method": "password",
        }, identity


@case
def a_bot_passes_with_the_key_that_it_logged_in_with(site):
    site.service.set_rule("all", identity_headers=EVERYTHING)
    site.start("all")
    identity = told(site.passes([bearer(site.service.log_in_bot())]))
    key = site.service.key()
    assert (identity["application"], identity["method"]) == (str(key["id"]), "api-key"), identity


@case
def a_livevox_session_passes_with_the_token_that_opened_it(site):
    site.start()
    session = site.service.log_in_livevox()
    identity = told(site.passes([("LV-Session", session)]))
    tokens = site.service.administer("GET", f"/accounts/{ACCOUNT}/application-tokens")["application_tokens"]
    demo = next(token for token in tokens if token["name"] == "demo")
    assert (identity["user-name"], identity["application"]) == ("agent1", str(demo["id"])), identity


@case
def the_report_of_traffic_has_the_programs_of_clients(site):
    site.start()
    shown = ("LV-Session", site.service.log_in_livevox())
    for program in ("tap-livevox/1.2 (batch)", "orders", ""):
        site.passes([shown, ("User-Agent", program)] if program else [shown])
    lines = site.service.administer("GET", f"/accounts/{ACCOUNT}/traffic?by=application")["lines"]
    demo = next(line for line in lines if line["name"] == "demo")
    named = {agent["name"]: agent["requests"] for agent in demo.get("agents", [])}
    assert (named.get("tap-livevox/1.2"), named.get("orders")) == (1, 1), named
    # Whoever says nothing is not taken for the gateway.
    assert set(named) - {"tap-livevox/1.2", "orders"} <= {"(none)"}, named


@case
def a_cookie_passes(site):
    site.start()
    assert told(site.passes([cookie(site.service.log_in())]))["user-name"] == "name"


@case
def the_bearer_in_a_path_passes(site):
    site.start()
    login = site.service.log_in()
    target = f"/ws_api/account/{ACCOUNT}/messaging/brand/{login['bearer']}?v=2.1"
    reached = site.passes([], target)
    assert told(reached)["user-name"] == "name" and reached.target == target


@case
def a_name_that_is_no_ascii_is_told_percent_encoded(site):
    site.service.change_user("agent", login_name="jürgen")
    site.start()
    assert told(site.passes([bearer(site.service.log_in("jürgen", "agent-password"))]))["user-name"] == "j%C3%BCrgen"


@case
def who_shows_nothing_that_lives_is_refused(site):
    site.start()
    login = site.service.log_in()
    oauth = b"oauth_problem=token_rejected&oauth_problem_advice=the oauth_token is unacceptable to the Service Provider"
    shapes = [
        ([], b'{"error":"Not authenticated"}'),
        ([("Authorization", "Bearer " + "0" * 64)], oauth),
        ([("Authorization", f"Bearer {login['sessionId']}")], oauth),
        ([("Authorization", "Basic bmFtZTpwYXNzd29yZA==")], oauth),
        ([("LV-Session", "no")], b'{"code":401,"message":"Authorization error"}'),
        ([("Cookie", "session_id=no")], None),
    ]
    for headers, body in shapes:
        answer = site.refuses(headers)
        assert answer.headers["WWW-Authenticate"] == "Bearer", answer
        assert len(answer.headers.get_all("X-Request-Id", [])) == site.gateway.hands_request_ids_on, answer
        assert body is None or answer.body == body, answer
        expected = "text/plain" if answer.body.startswith(b"oauth_problem") else "application/json"
        assert answer.headers.get_all("Content-Type") == [expected], answer


@case
def a_logout_ends_it_at_the_next_request_of_a_connection(site):
    site.start()
    login, session = site.service.log_in(), site.service.log_in_livevox()
    with site.gateway.connect() as connection:
        site.passes([bearer(login)], connection=connection)
        site.service.log_out(login)
        site.refuses([bearer(login)], connection=connection)
        site.passes([("LV-Session", session)], connection=connection)
        site.service.log_out_livevox(session)
        site.refuses([("LV-Session", session)], connection=connection)


@case
def a_session_ends_in_mid_use_when_its_time_has_come(site):
    site.start()
    policy = {"session_policy": {"absolute_seconds": 2}}
    site.service.administer("PATCH", f"/accounts/{ACCOUNT}", policy)
    login = site.service.log_in()
    since = time.monotonic()
    with site.gateway.connect() as connection:
        site.passes([bearer(login)], connection=connection)
        while connection.ask("GET", "/orders", [bearer(login)]).status == 200:
            assert time.monotonic() - since < 10, "it lives on"
            time.sleep(0.05)
        site.refuses([bearer(login)], connection=connection)


@case
def a_user_who_is_disabled_is_refused(site):
    site.start()
    login = site.service.log_in("agent", "agent-password")
    site.passes([bearer(login)])
    site.service.change_user("agent", enabled=False)
    site.refuses([bearer(login)])


@case
def whom_a_rule_is_not_for_is_forbidden(site):
    site.service.set_rule("managers", minimum_rank="manager")
    site.start("managers")
    site.passes([bearer(site.service.log_in())])
    answer = site.refuses([bearer(site.service.log_in("agent", "agent-password"))], status=403)
    assert b"oauth_problem=permission_denied" in answer.body, answer
    assert len(answer.headers.get_all("X-Request-Id", [])) == site.gateway.hands_request_ids_on, answer
    site.refuses([], status=401)


@case
def a_browser_is_led_to_the_login_page_and_passes_when_it_has_been_there(site):
    site.service.set_rule("app", credentials=["page"], accounts=[ACCOUNT], refusals="redirect")
    site.start("app")
    browser = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    for method in ("GET", "HEAD"):
        led = site.refuses([browser], "/orders?a=b", method, status=303)
        page = urlsplit(led.headers["Location"])
        assert len(led.headers.get_all("Content-Type", [])) <= 1, led
        assert led.headers.get_all("Cache-Control") == ["no-store"], led
        assert "WWW-Authenticate" not in led.headers, led
        assert len(led.headers.get_all("X-Request-Id", [])) == site.gateway.hands_request_ids_on, led
        assert (page.netloc, page.path) == (site.service.public_host, f"/me/{ACCOUNT}/login"), led
    for headers, method in (([], "GET"), ([("Accept", "application/json")], "GET"), ([browser], "POST")):
        assert "Location" not in site.refuses(headers, method=method).headers
    shown = ("Cookie", site.service.log_in_at_the_page())
    assert told(site.passes([browser, shown]))["user-name"] == "name"
    # Whom a rule is not for is not helped by another login.
    site.service.set_rule("app", credentials=["page"], accounts=[ACCOUNT], refusals="redirect", user_kinds=["bot"])
    site.refuses([browser, shown], status=403)


@case
def a_client_passes_by_its_own_token_until_it_is_disabled(site):
    site.service.set_rule("programs", credentials=["client-token"], identity_headers=EVERYTHING)
    site.start("programs")
    clients = f"/accounts/{ACCOUNT}/oauth-clients"
    found = site.service.administer("GET", clients)["oauth_clients"]
    client = next(one for one in found if one["client_id"] == OAUTH_CLIENT["client_id"])
    shown = ("Authorization", f"Bearer {site.service.client_token()}")
    identity = told(site.passes([shown]))
    assert identity == {"account": ACCOUNT, "application": str(client["id"]), "method": "oauth-client-token"}, identity
    site.refuses([(shown[0], shown[1][:-8] + "AAAAAAAA")])
    site.service.administer("PATCH", f"{clients}/{client['id']}", {"enabled": False})
    site.refuses([shown])

"""Through TLS, with HTTP/2: what a gateway says of scheme and host, and fields that come in another form."""

from fixture import bearer, case, told
from http2 import Http2Connection
from service import ACCOUNT
from signatures import signed


@case
def sessions_pass_over_http2_and_cookies_may_be_split(site):
    site.start(tls=True)
    login = site.service.log_in()
    with Http2Connection(site.gateway.address) as connection:
        spoofed = ("x-vestibule-roles", "spoofed")
        assert told(site.passes([bearer(login), spoofed], connection=connection))["roles"] == "sys-admin"
        split = [("cookie", "theme=dark"), ("cookie", f"session_id={login['sessionId']}"), ("cookie", "a=b")]
        assert told(site.passes(split, connection=connection))["user-name"] == "name"
        assert site.passes([bearer(login)], method="POST", body=b"{}" * 1000, connection=connection).body == b"{}" * 1000
        site.refuses([], connection=connection)
        site.refuses([spoofed, ("cookie", "session_id=a"), ("cookie", "a=b")], connection=connection)
        site.service.log_out(login)
        site.refuses(split, connection=connection)


@case
def a_request_that_is_signed_for_https_passes_over_tls_alone(site):
    site.service.set_rule("signed", credentials=["signature"])
    site.start("signed", tls=True)
    with Http2Connection(site.gateway.address) as connection:
        site.passes(signed(site, "/orders?a=b", scheme="https"), "/orders?a=b", connection=connection)
        site.refuses(signed(site, "/orders?a=b", scheme="http"), "/orders?a=b", connection=connection)
    site.passes(signed(site, "/orders?a=b", scheme="https"), "/orders?a=b")
    site.gateway.stop()
    site.start("signed")
    site.refuses(signed(site, "/orders?a=b", scheme="https"), "/orders?a=b")
    # What a client says of it is not believed.
    claimed = [(name, "https") for name in ("X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Original-Scheme")]
    site.refuses([*signed(site, "/orders", scheme="https"), *claimed])


@case
def the_cookie_of_the_pages_counts_over_tls_under_its_name_of_there(site):
    site.service.set_rule("app", credentials=["page"], accounts=[ACCOUNT])
    site.start("app", tls=True)
    in_clear = site.service.log_in_at_the_page()
    with Http2Connection(site.gateway.address) as connection:
        reached = site.passes([("cookie", f"__Host-{in_clear}")], connection=connection)
        assert told(reached)["user-name"] == "name"
        site.refuses([("cookie", in_clear)], connection=connection)

"""Requests whose heads are large, and what is told of them."""

from fixture import EVERYTHING, bearer, case, told
from service import ACCOUNT


@case
def g3_heads_of_many_lines_let_nobody_pass_and_end_no_gateway(site):
    site.start()
    shown = bearer(site.service.log_in())
    site.passes([shown, *cookies(30)])
    for lines in (63, 64, 65, *range(88, 104), 130, 400):
        site.refuses(cookies(lines), status=(400, 401, 431, 500, 503))
        site.refuses([*cookies(lines // 2), ("LV-Session", "a")] * 2, status=(400, 401, 431, 500, 503))
    site.passes([shown])


def cookies(lines):
    return [("Cookie", f"c{line}=a") for line in range(lines)]


@case
def g4_what_the_api_is_told_is_whole_however_large_the_head_is(site):
    # As much as there may be to tell.
    privileges = list(range(100, 400))
    profile = site.service.administer("POST", f"/accounts/{ACCOUNT}/profiles", {"name": "wide", "permissions": privileges})
    site.service.change_user("name", profiles=[profile["id"]])
    site.service.set_rule("all", identity_headers=EVERYTHING)
    site.start("all")
    shown = bearer(site.service.log_in())
    site.passes([shown])
    whole = set(told(site.api.reached.pop()))
    sizes = [*range(1000, 13_000, 1500), *range(13_000, 17_000, 100), *range(17_000, 34_000, 1000)]
    passed = 0
    for size in sizes:
        # In pieces: some gateways have a limit for each line too.
        filler = [(f"X-Filler-{piece}", "a" * (size // 5)) for piece in range(5)]
        answer = site.gateway.ask("GET", "/orders", [shown, *filler])
        if answer.status == 200:
            passed += 1
            assert set(told(site.api.reached.pop())) == whole, (size, site.gateway.said())
        else:
            assert answer.status in (400, 401, 431, 500, 503) and not site.api.reached, (size, answer)
    assert passed > 5, passed


@case
def what_the_check_answers_may_be_long(site):
    permissions = list(range(1000, 2500))
    profile = site.service.administer("POST", f"/accounts/{ACCOUNT}/profiles", {"name": "wide", "permissions": permissions})
    site.service.change_user("name", profiles=[profile["id"]])
    site.start()
    identity = told(site.passes([bearer(site.service.log_in())]))
    assert identity["privileges"] == ",".join(str(number) for number in permissions), identity

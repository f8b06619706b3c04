"""People log in through SimpleSAMLphp and oidc-provider in Chromium (dance.js): this starts the providers and connects them."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from administration import ACCOUNT, Administrator
from peers import FOLDER, PASSWORD, OidcProvider, SimpleSamlPhp

LIMIT_SECONDS = 300

# A client of the sentinel whose users are asked whether they agree.
ASKING = {
    "name": "asking",
    "grant_types": ["authorization_code"],
    "redirect_uris": ["http://127.0.0.1:9099/callback"],
    "consent": True,
}


def main():
    administrator = Administrator()
    with tempfile.TemporaryDirectory() as home:
        idp, provider = SimpleSamlPhp(Path(home)), OidcProvider("op")
        try:
            run(administrator, idp, provider)
        finally:
            idp.stop()
            provider.stop()


def run(administrator, idp, provider):
    metadata = idp.start(IDP_LOGOUT_TYPE="iframe")
    ssp = administrator.make_connection(name="ssp", display_name="SimpleSAMLphp", metadata=metadata, make_key=True)
    idp.knows_connection(ssp)
    provider.start()
    op = administrator.make_connection(name="op", display_name="oidc-provider", **provider.fields())
    for name in ("lena", "mia"):
        administrator.make_user(name)
    providers = [
        {"kind": "ssp", "address": idp.address, "logout": idp.logout_address, "button": "SimpleSAMLphp", "user": "lena"},
        {"kind": "op", "address": provider.issuer, "button": "oidc-provider", "user": "mia"},
    ]
    for one, connection in zip(providers, (ssp, op), strict=True):
        test = administrator.ask("POST", f"/accounts/{ACCOUNT}/connections/{connection['id']}/tests")
        one |= {"password": PASSWORD, "test": test["login_address"]}
    asking = administrator.ask("POST", f"/accounts/{ACCOUNT}/oauth-clients", ASKING, expected=201)
    dance = {
        "providers": providers,
        "asking": {"client_id": asking["client_id"], "secret": asking["secret"]},
    }
    environment = os.environ | {"VESTIBULE_DANCE": json.dumps(dance)}
    done = subprocess.run(["node", str(FOLDER / "dance.js")], check=False, env=environment, timeout=LIMIT_SECONDS)
    sys.exit(done.returncode)


main()

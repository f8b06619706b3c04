"""What holds behind every gateway, with the configuration of deploy/gateways: one fact a case, each on a service, a gateway and an API
of its own.

    matrix.py GATEWAY CASE…    runs these cases, or all of them
    matrix.py --cases          says which there are
"""

import os
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import attacks  # noqa: F401 (cases)
import failures  # noqa: F401
import heads  # noqa: F401
import sessions  # noqa: F401
import signatures  # noqa: F401
import tls  # noqa: F401
import traffic  # noqa: F401
from caddy import Caddy
from envoy_grpc import EnvoyGrpc
from envoy_http import EnvoyHttp
from fixture import CASES, Site
from haproxy import Haproxy
from nginx import Nginx
from traefik import Traefik

GATEWAYS = {gateway.folder: gateway for gateway in (Nginx, Haproxy, Caddy, Traefik, EnvoyHttp, EnvoyGrpc)}
OVERALL_LIMIT_SECONDS = 100


@contextmanager
def site_before(gateway):
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), gateway)
        try:
            yield site
        finally:
            site.stop()


def main():
    if sys.argv[1:] == ["--cases"]:
        print("\n".join(CASES))
        return
    gateway, names = GATEWAYS[sys.argv[1]], sys.argv[2:] or CASES
    for name in names:
        limit = threading.Timer(OVERALL_LIMIT_SECONDS, give_up, [name])
        limit.daemon = True
        limit.start()
        with site_before(gateway) as site:
            CASES[name](site)
        limit.cancel()
        print(f"ok: {sys.argv[1]}: {name}", flush=True)


def give_up(name):
    print(f"{name} takes longer than {OVERALL_LIMIT_SECONDS} s", flush=True)
    os._exit(1)


if __name__ == "__main__":
    main()

"""A service, an API and a gateway before it, as every case of the matrix has them, and what is asked of them."""

from api import Api
from service import Service

IDENTITY = (
    "Account User User-Name Application Session Roles Privileges Seconds-Left Skills Max-Chats Max-Async-Chats Method"
).split()
EVERYTHING = [name.lower() for name in IDENTITY]
CASES = {}


def case(function):
    """A fact that holds behind every gateway."""
    CASES[function.__name__] = function
    return function


class Site:
    """A service, an API and a gateway before it."""

    def __init__(self, folder, gateway):
        self.folder, self.kind = folder, gateway
        self.service, self.api = Service(folder), Api()
        self.gateway = None

    @property
    def asked_address(self):
        """Where its kind of gateway asks the service."""
        return getattr(self.service, self.kind.asks_at)

    def start(self, rule="default", service=None, **options):
        """The gateway, which goes by this rule and asks at this address; `options` are those of `Gateway`."""
        self.gateway = self.kind(self.folder, service or self.asked_address, self.api.address, rule, **options)

    def stop(self):
        if self.gateway:
            self.gateway.stop()
        self.service.stop()
        self.api.shutdown()

    def passes(self, headers, target="/orders", method="GET", body=b"", connection=None):
        """A request that has to reach the API: how it did."""
        before = len(self.api.reached)
        answer = (connection or self.gateway).ask(method, target, headers, body)
        assert answer.status == 200, (target, headers, answer, self.complaints())
        assert len(self.api.reached) == before + 1, (target, self.api.reached)
        return self.api.reached[-1]

    def refuses(self, headers, target="/orders", method="GET", body=b"", status=401, connection=None):
        """A request that may not reach the API: its answer."""
        before = len(self.api.reached)
        answer = (connection or self.gateway).ask(method, target, headers, body)
        statuses = (status,) if isinstance(status, int) else status
        assert answer.status in statuses, (target, headers, answer, self.complaints())
        assert len(self.api.reached) == before, (target, self.api.reached[-1].target)
        return answer

    def complaints(self):
        return self.service.log.read_text()[-2000:], self.gateway.said()


def bearer(login):
    return ("Authorization", f"Bearer {login['bearer']}")


def cookie(login):
    return ("Cookie", f"theme=dark; session_id={login['sessionId']}")


def told(request):
    """What the API is told of who it is: one value of each header at the most, and no name that it could take for one of them."""
    found = {}
    for name, value in request.headers:
        if "vestibule" in name.lower():
            canonical = name.lower().removeprefix("x-vestibule-")
            assert canonical in EVERYTHING, f"{name}: {value} reached the API"
            assert canonical not in found, f"{name} reached the API twice"
            found[canonical] = value
    # An empty header and none are the same to whoever reads it.
    return {name: value for name, value in found.items() if value}

"""A browser without scripts, for logins that lead through an identity provider: it follows redirects, fills in what a login
form asks for, and sends on what a page sends on by itself."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests
from administration import CA

STEPS = 12
TIMEOUT_SECONDS = 10


class Forms(HTMLParser):
    """The forms of a page: where each leads, and what its fields hold."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.found.append({"action": attributes.get("action") or "", "fields": {}, "types": {}})
        elif tag in ("input", "button") and self.found and attributes.get("name"):
            form = self.found[-1]
            form["fields"].setdefault(attributes["name"], attributes.get("value") or "")
            form["types"][attributes["name"]] = attributes.get("type", "text")


class Browser:
    def __init__(self):
        self.session = requests.Session()
        self.session.verify = CA
        # Or else the environment says whom to trust.
        self.session.trust_env = False

    def open(self, address, until):
        """Opens an address, and goes on until `until` says of an address that it is reached. A page that is reached is not
        opened: its address is what counts."""
        return self._follow("GET", address, None, until, None)

    def _follow(self, method, address, data, until, origin):
        for _ in range(STEPS):
            headers = {"Origin": origin} if origin else {}
            answer = self.session.request(
                method, address, data=data, headers=headers, allow_redirects=False, timeout=TIMEOUT_SECONDS
            )
            if not answer.is_redirect:
                return answer
            address = urljoin(address, answer.headers["Location"])
            method, data, origin = "GET", None, None
            if until(address):
                return address
        raise AssertionError(f"more than {STEPS} redirects, the last to {address}")

    def log_in(self, address, name, password, until):
        """Logs in wherever `address` leads. Answers with the address that was reached, or with the last page."""
        return self.go_on(self.open(address, until), name, password, until)

    def go_on(self, page, name, password, until):
        """The same from a page that was opened before."""
        for _ in range(STEPS):
            form = None if isinstance(page, str) else self.form(page)
            if form is None:
                return page
            page = self.send(page, form, name, password, until)
        raise AssertionError(f"more than {STEPS} forms, the last at {page.url}")

    def send(self, page, form, name, password, until):
        """Fills in a form and sends it."""
        fields = form["fields"]
        for field, kind in form["types"].items():
            if kind == "password":
                fields[field] = password
            elif kind == "text" and not fields[field]:
                fields[field] = name
        place = urlsplit(page.url)
        origin = f"{place.scheme}://{place.netloc}"
        return self._follow("POST", urljoin(page.url, form["action"]), fields, until, origin)

    @staticmethod
    def forms(page):
        """The forms of a page."""
        return Forms(page.text).found if "html" in page.headers.get("Content-Type", "") else []

    @classmethod
    def form(cls, page):
        """The first form of a page; None: it has none."""
        return next(iter(cls.forms(page)), None)


def nowhere(_):
    """For whoever wants the page itself."""
    return False


def path_of(address):
    return urlsplit(address).path

"""Caddy with forward_auth."""

from gateway import Gateway, documented, of_python


class Caddy(Gateway):
    folder = "caddy"
    down = 502
    hangs = 504
    sends_forms = False

    def configure(self):
        self.replace(
            "Caddyfile",
            ("\n:8000 {", f"\n{{\n\tadmin off\n}}\n\nhttp://:{self.port} {{\n\tbind 127.0.0.1"),
            ("127.0.0.1:8080", self.service),
            ("127.0.0.1:9000", self.api),
            ("import vestibule default", f"import vestibule {self.rule}"),
        )

    def speak_tls(self, certificate):
        self.replace(
            "Caddyfile",
            ("admin off\n", "admin off\n\tauto_https disable_redirects\n\tdefault_sni localhost\n"),
            (f"http://:{self.port} {{\n", f"https://:{self.port} {{\n\ttls {certificate} {certificate}\n"),
        )

    def choose_by_location(self):
        self.replace("Caddyfile", (f"\timport vestibule {self.rule}\n", documented("caddy.md", "caddy")))

    def command(self):
        return [of_python("caddy"), "run", "--config", self.home / "Caddyfile"]

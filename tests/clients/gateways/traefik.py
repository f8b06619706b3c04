"""Traefik with ForwardAuth."""

import ssl

from gateway import Gateway, documented, of_python


class Traefik(Gateway):
    folder = "traefik"
    down = hangs = 500

    def configure(self):
        self.replace(
            "traefik.yml",
            ('":8000"', f'"{self.address}"'),
            ("/etc/traefik/vestibule.yml", str(self.home / "vestibule.yml")),
        )
        self.replace(
            "vestibule.yml",
            ("127.0.0.1:8080", self.service),
            ("127.0.0.1:9000", self.api),
            ("rule/default", f"rule/{self.rule}"),
        )

    def send_forms(self):
        self.replace("vestibule.yml", ("# forwardBody", "forwardBody"))

    def speak_tls(self, certificate):
        self.replace("traefik.yml", ("    http:\n", "    http:\n      tls: {}\n"))
        files = f"tls:\n  certificates:\n    - {{ certFile: {certificate}, keyFile: {certificate} }}\n"
        self.replace("vestibule.yml", ("http:\n  routers:", f"{files}\nhttp:\n  routers:"))

    def choose_by_location(self):
        text = (self.home / "vestibule.yml").read_text()
        _, _, middleware = text.partition("  middlewares:\n")
        middleware = middleware.partition("\n  services:")[0]
        other = middleware.replace("    vestibule:", "    vestibule-reports:").replace(f"rule/{self.rule}", "rule/reports")
        self.replace(
            "vestibule.yml",
            ("  routers:\n", f"  routers:\n{documented('traefik.md', 'yaml')}"),
            ("  middlewares:\n", f"  middlewares:\n{other}\n"),
        )

    def command(self):
        return [of_python("traefik"), f"--configFile={self.home / 'traefik.yml'}"]

    def is_ready(self):
        """It listens before it has read what it is to do."""
        try:
            return super().is_ready() and self.ask("GET", "/").status != 404
        except ssl.SSLError:
            return False

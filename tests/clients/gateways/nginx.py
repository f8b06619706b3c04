"""nginx with auth_request."""

from gateway import Gateway, documented, program


class Nginx(Gateway):
    folder = "nginx"
    down = hangs = 500
    sends_forms = False

    def configure(self):
        self.replace(
            "vestibule.conf",
            ("127.0.0.1:8080", self.service),
            ("127.0.0.1:9000", self.api),
            ("listen 8000", f"listen {self.address}"),
            ("/vestibule-check/default", f"/vestibule-check/{self.rule}"),
        )
        (self.home / "vestibule").mkdir()
        for name in ("check.conf", "identity.conf"):
            (self.home / name).rename(self.home / "vestibule" / name)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "\n".join(f"{kind}_temp_path {self.home}/{kind};" for kind in kinds)
        (self.home / "nginx.conf").write_text(
            f"daemon off;\nmaster_process off;\npid {self.home}/pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{folders}\ninclude vestibule.conf;\n}}\n"
        )

    def speak_tls(self, certificate):
        files = f"ssl_certificate {certificate};\n    ssl_certificate_key {certificate};"
        self.replace("vestibule.conf", (f"listen {self.address};", f"listen {self.address} ssl http2;\n    {files}"))

    def choose_by_location(self):
        self.replace("vestibule.conf", ("\n    location / {", f"\n{documented('nginx.md', 'nginx')}\n    location / {{"))

    def command(self):
        return [program("nginx"), "-e", "stderr", "-c", self.home / "nginx.conf"]

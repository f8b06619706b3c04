"""HAProxy with the script that asks."""

from gateway import Gateway, documented, program


class Haproxy(Gateway):
    folder = "haproxy"
    # Before 3.2, with which the option comes that the file asks for.
    passes_trailers_on = True
    has_a_script = True

    def configure(self):
        self.replace(
            "haproxy.cfg",
            ("/etc/haproxy/vestibule.lua", str(self.home / "vestibule.lua")),
            ("bind :8000", f"bind {self.address}"),
            ("127.0.0.1:9000", self.api),
            ("lua.vestibule default", f"lua.vestibule {self.rule}"),
        )
        self.replace("vestibule.lua", ("127.0.0.1:8080", self.service))

    def send_forms(self):
        self.replace("haproxy.cfg", ("# option http-buffer-request", "option http-buffer-request"))
        self.replace("vestibule.lua", ("local FORMS = false", "local FORMS = true"))

    def speak_tls(self, certificate):
        self.replace("haproxy.cfg", (f"bind {self.address}", f"bind {self.address} ssl crt {certificate} alpn h2,http/1.1"))

    def let_script_fail(self):
        self.replace("vestibule.lua", ("    local shown =", '    error("it fails")\n    local shown ='))

    def choose_by_location(self):
        self.replace("haproxy.cfg", (f"    http-request lua.vestibule {self.rule}\n", documented("haproxy.md", "haproxy")))

    def command(self):
        return [program("haproxy"), "-db", "-f", self.home / "haproxy.cfg"]

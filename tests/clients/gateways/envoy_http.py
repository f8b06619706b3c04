"""Envoy with ext_authz over HTTP."""

from textwrap import dedent, indent

from gateway import Gateway, documented, in_packages

# Its client is of the networks whose requests Envoy takes for internal, as those of private networks are by default in earlier versions.
INTERNAL = (
    "use_remote_address: true\n",
    "use_remote_address: true\n"
    + " " * 16
    + "internal_address_config: { cidr_ranges: [{ address_prefix: 127.0.0.0, prefix_len: 8 }] }\n",
)


class EnvoyHttp(Gateway):
    folder = "envoy-http"
    decodes_before_it_chooses = False

    def configure(self):
        self.replace(
            "envoy.yaml",
            ("address: 0.0.0.0, port_value: 8000", f"address: 127.0.0.1, port_value: {self.port}"),
            ("address: 127.0.0.1, port_value: 8080", at(self.service)),
            ("address: 127.0.0.1, port_value: 9000", at(self.api)),
            ("rule/default", f"rule/{self.rule}"),
            INTERNAL,
        )

    def send_forms(self):
        self.replace("envoy.yaml", ("# with_request_body", "with_request_body"))

    def speak_tls(self, certificate):
        kind = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
        pair = f"{{ certificate_chain: {{ filename: {certificate} }}, private_key: {{ filename: {certificate} }} }}"
        context = f'{{ "@type": {kind}, common_tls_context: {{ alpn_protocols: [h2, http/1.1], tls_certificates: [{pair}] }} }}'
        shipped = "        # In production: a transport_socket with your certificates here.\n        - filters:\n"
        socket = f"        - transport_socket: {{ name: envoy.transport_sockets.tls, typed_config: {context} }}\n          filters:\n"
        self.replace("envoy.yaml", (shipped, socket))

    def choose_by_location(self):
        _, _, routes = documented(f"{self.folder}.md", "yaml").partition("routes:\n")
        others = "                        - match: { prefix: / }\n"
        self.replace("envoy.yaml", (others, indent(dedent(routes), " " * 24) + others))

    def command(self):
        return [in_packages("envoy/_bin/envoy"), "-c", self.home / "envoy.yaml", "--concurrency", "1", "--use-dynamic-base-id"]


def at(address):
    host, port = address.rsplit(":", 1)
    return f"address: {host}, port_value: {port}"

"""Envoy with ext_authz over gRPC."""

from envoy_http import INTERNAL, EnvoyHttp, at


class EnvoyGrpc(EnvoyHttp):
    folder = "envoy-grpc"
    asks_at = "grpc_address"
    # The id is that of the call, which Envoy keeps to itself.
    hands_request_ids_on = False

    def configure(self):
        self.replace(
            "envoy.yaml",
            ("address: 0.0.0.0, port_value: 8000", f"address: 127.0.0.1, port_value: {self.port}"),
            ("address: 127.0.0.1, port_value: 8082", at(self.service)),
            ("address: 127.0.0.1, port_value: 9000", at(self.api)),
            ("rule: default", f"rule: {self.rule}"),
            INTERNAL,
        )

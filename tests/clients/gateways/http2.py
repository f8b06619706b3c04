"""HTTP/2 over TLS, as browsers speak it."""

import socket

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded

from wire import LONGEST_SECONDS, Answer, trusting


class Http2Connection:
    """One connection, on which requests follow each other."""

    def __init__(self, address):
        self.address = address
        host, port = address.rsplit(":", 1)
        plain = socket.create_connection((host, int(port)), LONGEST_SECONDS)
        self.socket = trusting("h2").wrap_socket(plain, server_hostname="localhost")
        assert self.socket.selected_alpn_protocol() == "h2", "it does not speak HTTP/2"
        # Headers as they are given, also what no client should send.
        self.state = H2Connection(H2Configuration(validate_outbound_headers=False, header_encoding="latin-1"))
        self.state.initiate_connection()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, method, target, headers=(), body=b""):
        """`headers` are pairs, each of which is a field of its own."""
        fields = [(":method", method), (":scheme", "https"), (":authority", self.address), (":path", target)]
        stream = self.state.get_next_available_stream_id()
        self.state.send_headers(stream, [*fields, *((name.lower(), value) for name, value in headers)], end_stream=not body)
        if body:
            self.state.send_data(stream, body, end_stream=True)
        told, received = None, b""
        while True:
            self.socket.sendall(self.state.data_to_send())
            data = self.socket.recv(65536)
            assert data, "it has closed the connection"
            for event in self.state.receive_data(data):
                if isinstance(event, ResponseReceived):
                    told = dict(event.headers)
                elif isinstance(event, DataReceived):
                    received += event.data
                elif isinstance(event, StreamEnded):
                    return Answer(int(told.pop(":status")), told, received)

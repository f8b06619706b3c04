"""In place of the service: every question is given one answer, whatever was asked."""

import socket
import socketserver
import threading

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded

from api import Handler


class HttpHandler(Handler):
    def answer(self, request):
        # Half an answer, and then nothing more.
        rest = b"Content-Length: 2\r\n\r\nno" if self.server.is_whole else b"X-Vesti"
        self.wfile.write(b"HTTP/1.1 %s\r\n%s" % (self.server.answer.encode(), rest))
        if not self.server.is_whole:
            self.connection.shutdown(socket.SHUT_RDWR)


class GrpcHandler(socketserver.BaseRequestHandler):
    """HTTP/2, in which the answer to a call is the status of a failure alone."""

    def handle(self):
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        while True:
            self.request.sendall(connection.data_to_send())
            if not (data := self.request.recv(65536)):
                return
            for event in connection.receive_data(data):
                if isinstance(event, StreamEnded):
                    if not self.server.is_whole:
                        self.request.sendall(b"\0\0\x10")
                        return
                    connection.send_headers(event.stream_id, self.server.answer, end_stream=True)


class Stub(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.address = "127.0.0.1:%d" % self.server_address[1]
        self.answer, self.is_whole, self.reached = None, True, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A gateway may drop a connection."""

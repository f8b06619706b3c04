"""The API behind the gateways: it writes down what reaches it, and answers with that. What is upgraded is echoed."""

import json
import socketserver
import threading

from websockets.frames import Opcode
from websockets.server import ServerProtocol


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.body = method, target, body
        # As they were sent: names of any spelling, as often as they are there.
        self.headers = headers
        # What follows a chunked body.
        self.trailers = []

    def all(self, name):
        return [value for given, value in self.headers if given.lower() == name.lower()]


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            self.serve()
        except ConnectionError:
            # A gateway may drop a connection.
            pass

    def serve(self):
        while line := self.rfile.readline():
            method, target, _ = line.decode("latin-1").split(" ")
            lines = self.read_fields()
            request = Request(method, target, lines, b"")
            if request.all("upgrade") == ["websocket"]:
                self.server.reached.append(request)
                self.echo(line, lines)
                return
            request.body = self.read_body(request)
            self.server.reached.append(request)
            self.answer(request)

    def read_fields(self):
        fields = []
        while (field := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode("latin-1").partition(":")
            fields.append((name, value.strip()))
        return fields

    def read_body(self, request):
        if request.all("transfer-encoding") == ["chunked"]:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            request.trailers = self.read_fields()
            return body
        return self.rfile.read(int((request.all("content-length") or ["0"])[0]))

    def answer(self, request):
        status = "404 Not Found" if request.target.startswith("/missing") else "200 OK"
        told = json.dumps({"target": request.target, "method": request.method}).encode()
        length = 0 if request.method == "HEAD" else len(told)
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        self.wfile.write(head.encode() + told[:length])

    def echo(self, line, lines):
        protocol = ServerProtocol()
        head = line + b"".join(f"{name}: {value}\r\n".encode() for name, value in lines) + b"\r\n"
        protocol.receive_data(head)
        for event in protocol.events_received():
            protocol.send_response(protocol.accept(event))
        self.connection.settimeout(20)
        while True:
            for data in protocol.data_to_send():
                if data:
                    self.connection.sendall(data)
                else:
                    return
            if not (data := self.connection.recv(65536)):
                return
            protocol.receive_data(data)
            for frame in protocol.events_received():
                if frame.opcode is Opcode.TEXT:
                    protocol.send_text(frame.data)


class Api(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self.server_address[1]
        self.reached = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

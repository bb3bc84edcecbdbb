"""An app that speaks HTTP: short answers, slow downloads and uploads, a websocket, and faults on request."""

import base64
import hashlib
import json
import os
import random
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

HELLO = f"hello from {os.environ['NAME']}, version {os.environ['VERSION']}".encode()


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self):
        target = urlsplit(self.path)
        if target.path == "/download":
            return self.download({name: float(value) for name, value in parse_qsl(target.query)})
        if target.path == "/websocket":
            return self.websocket()
        if target.path == "/grow":
            kept = [b"x" * 2**20 for _ in range(300)]
            return self.answer(f"{len(kept)} MiB".encode())
        if target.path == "/health" and os.environ.get("HEALTH") == "bad":
            return self.answer(b"not ready", 503)
        return self.answer(HELLO)

    def do_POST(self):
        left, digest = int(self.headers["Content-Length"]), hashlib.sha256()
        while left and (part := self.rfile.read(min(left, 65536))):
            digest.update(part)
            left -= len(part)
        self.answer(json.dumps({"sha256": digest.hexdigest()}).encode())

    def answer(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def download(self, asked):
        size, steps = int(asked["size"]), int(asked["steps"])
        body = random.Random(int(asked["seed"])).randbytes(size)
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        began = time.monotonic()
        for step in range(steps):
            self.wfile.write(body[step * size // steps : (step + 1) * size // steps])
            self.wfile.flush()
            time.sleep(max(began + (step + 1) * asked["seconds"] / steps - time.monotonic(), 0))

    def websocket(self):
        accept = hashlib.sha1(f"{self.headers['Sec-WebSocket-Key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode())
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(accept.digest()).decode())
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        while len(head := self.rfile.read(2)) == 2 and head[0] & 15 != 8:
            mask = self.rfile.read(4)
            data = bytes(byte ^ mask[index % 4] for index, byte in enumerate(self.rfile.read(head[1] & 127)))
            self.wfile.write(head[:1] + bytes([len(data)]) + data)
            self.wfile.flush()

    def log_message(self, format, *args):
        """The proxy writes the access log."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128


if __name__ == "__main__":
    if os.environ.get("GROW"):
        kept = [b"x" * 2**20 for _ in range(300)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # as process 1, Python would not stop at all
    Server(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Page).serve_forever()

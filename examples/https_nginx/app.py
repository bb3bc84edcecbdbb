"""A web application that speaks HTTP and nothing else. It knows neither certificates nor proxies."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        scheme = self.headers.get("X-Forwarded-Proto", "http")
        client = self.headers.get("X-Forwarded-For", self.client_address[0])
        body = f"Hello from an app that speaks only HTTP.\nYou are {client} and came by {scheme}.\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The proxy writes the access log."""


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # as process 1, Python would not stop at all
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Page).serve_forever()

"""The web application: HTTP and nothing else."""

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Price(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"article": "bicycle", "price": 499}\n'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The proxy writes the access log."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("127.0.0.1", 8080), Price).serve_forever()

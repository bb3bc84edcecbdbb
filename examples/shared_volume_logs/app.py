"""A web application that writes its log to a file and nowhere else."""

import logging
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

logging.basicConfig(filename="/var/log/app/app.log", level=logging.INFO, format="%(asctime)s %(message)s")


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        if self.path == "/health":
            self.wfile.write(b"ok\n")
            return
        self.wfile.write(b"This request is a line in /var/log/app/app.log.\n")
        logging.info("asked for %r by %s", self.path, self.client_address[0])

    def log_message(self, format: str, *args: object) -> None:
        """Only the file."""


def stop(*_: object) -> None:
    logging.info("stopped")
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    logging.info("started")
    ThreadingHTTPServer(("", 8080), Page).serve_forever()

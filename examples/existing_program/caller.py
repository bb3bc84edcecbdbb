"""Another service, which asks the web application over HTTPS. Whom it trusts is in SSL_CERT_FILE."""

import os
import signal
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with urllib.request.urlopen(os.environ["PRICES_URL"], timeout=10) as answer:
            body = b"The shop says: " + answer.read()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("", 8080), Page).serve_forever()

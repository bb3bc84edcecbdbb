"""A real Flask app for uWSGI that keeps the same contract. TEST_APP_FOLDER holds its gates and requests.log."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from tests.support.contract import answer

app = Flask(__name__)
FOLDER = Path(os.environ["TEST_APP_FOLDER"])


def _body() -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    while piece := request.stream.read(1 << 18):
        size += len(piece)
        digest.update(piece)
    return size, digest.hexdigest()


def _header_name(variable: str) -> str:
    return variable.removeprefix("HTTP_").replace("_", "-").title()


@app.before_request
def everything() -> Response:
    """Before routing, so that no path is redirected or refused by Flask itself."""
    environ: dict[str, Any] = request.environ
    with (FOLDER / "requests.log").open("a") as log:
        log.write(json.dumps(environ["REQUEST_URI"]) + "\n")
    size, digest = _body()
    variables = {key: value for key, value in environ.items() if isinstance(value, str)}
    headers = [
        (_header_name(key), value)
        for key, value in variables.items()
        if (key.startswith("HTTP_") and key not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"})
        or key in {"CONTENT_TYPE", "CONTENT_LENGTH"}
    ]
    made = answer(
        environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
        FOLDER,
        {
            "method": environ["REQUEST_METHOD"],
            "target": environ["REQUEST_URI"],
            "version": environ["SERVER_PROTOCOL"],
            "headers": headers,
            "body_bytes": size,
            "body_sha256": digest,
            "environ": variables,
            "scheme": environ["wsgi.url_scheme"],
        },
    )
    response = Response(made.body, made.status)
    response.headers.clear()
    for name, value in made.headers:
        response.headers.add(name, value)
    if made.length is not None:
        response.headers["Content-Length"] = str(made.length)
    return response

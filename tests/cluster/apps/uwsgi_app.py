"""The same app in Flask, for uWSGI; without a websocket, which uWSGI's protocol cannot carry."""

import hashlib
import os
import random
import time

from flask import Flask, Response, request

app = Flask(__name__)
HELLO = f"hello from {os.environ['NAME']}, version {os.environ['VERSION']}"


@app.get("/")
def hello():
    return HELLO


@app.get("/download")
def download():
    size, steps, seconds = (float(request.args[name]) for name in ("size", "steps", "seconds"))
    body = random.Random(int(request.args["seed"])).randbytes(int(size))
    step = int(size / steps)

    def parts():
        began = time.monotonic()
        for number in range(int(steps)):
            yield body[number * step : (number + 1) * step]
            time.sleep(max(began + (number + 1) * seconds / steps - time.monotonic(), 0))

    return Response(parts(), headers={"Content-Length": str(int(size))})


@app.post("/upload")
def upload():
    digest = hashlib.sha256()
    while part := request.stream.read(65536):
        digest.update(part)
    return {"sha256": digest.hexdigest()}

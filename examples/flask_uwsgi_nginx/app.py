"""A page with an upload form, in Flask. It knows neither certificates nor proxies."""

import os
from pathlib import Path

from flask import Flask, redirect, render_template_string, request, url_for
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response

app = Flask(__name__)  # the files of its folder `static` are served by the proxy
uploads = Path(os.environ.get("UPLOADS", "uploads"))

PAGE = """<!doctype html>
<title>Uploads</title>
<link rel="stylesheet" href="{{ url_for('static', filename='style.css') }}">
<h1>Uploads</h1>
<p>You are {{ request.remote_addr }}, and this page is {{ url_for('page', _external=True) }}</p>
<form method="post" action="{{ url_for('upload') }}" enctype="multipart/form-data">
  <input type="file" name="file" required> <button>Upload</button>
</form>
<ul>
{%- for file in files %}
  <li>{{ file.name }}: {{ file.stat().st_size }} bytes</li>
{%- endfor %}
</ul>
"""


@app.get("/")
def page() -> str:
    return render_template_string(PAGE, files=sorted(uploads.iterdir()))


@app.post("/upload")
def upload() -> Response:
    file = request.files["file"]
    file.save(uploads / (secure_filename(file.filename or "") or "unnamed"))
    return redirect(url_for("page", _external=True), 303)


@app.get("/health")
def health() -> str:
    return "ok\n"

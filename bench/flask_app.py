"""What a small Flask app does: route, read the query, answer JSON."""

from flask import Flask, jsonify, request
from werkzeug.wrappers import Response

app = Flask(__name__)


@app.get("/<path:name>")
def item(name: str) -> Response:
    """A few fields, as an API would give them."""
    items = [{"id": each} for each in range(20)]
    answer = jsonify(name=name, page=request.args.get("page", 1, type=int), items=items)
    if request.headers.get("Connection") == "close":
        answer.headers["Connection"] = "close"  # uWSGI closes, but does not say so
    return answer

"""What runs in the client pod: `python3 FOLDER '{"do": "fetch", ...}'`. It prints what it saw as JSON.

Standard library only: the pod's image has no more. It trusts one CA and nothing else, and verifies strictly.
"""

# ruff: noqa: T201 (what it prints is its result)

import json
import sys

from asking import fetch, watch
from counting import count

if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    done = {"fetch": fetch, "watch": watch, "count": count}[wanted["do"]](wanted)
    if done is not None:
        print(json.dumps(done), flush=True)

"""What runs in the client pod: `python3 FOLDER '{"do": "fetch", ...}'`. It prints what it saw as JSON.

The same is in the file `result` before: `kubectl exec` now and then ends well and has lost what was printed
(kubernetes/kubernetes#34256, #124571).

Standard library only: the pod's image has no more. It trusts one CA and nothing else, and verifies strictly.
"""

# ruff: noqa: T201 (what it prints is its result)

import json
import sys
import traceback
from pathlib import Path

from asking import fetch, serials, watch
from counting import count

if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    try:
        verbs = {"fetch": fetch, "serials": serials, "watch": watch, "count": count}
        done = verbs[wanted["do"]](wanted)
    except BaseException as error:
        traceback.print_exc()
        done = {"error": f"the client itself: {error!r}", "connected": False}
    if done is not None:
        said = json.dumps(done)
        unfinished = Path(f"{wanted['result']}.unfinished")
        unfinished.write_text(said)
        unfinished.rename(wanted["result"])
        print(said, flush=True)

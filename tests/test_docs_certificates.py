"""The programs in docs/certificates.md run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pulumi_sidecar import offline

TEXT = (Path(__file__).parents[1] / "docs" / "certificates.md").read_text()


@pytest.mark.parametrize("code", re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))
def test_it_runs(code: str) -> None:
    run = offline.run(lambda: exec(compile(code, "certificates.md", "exec"), {"__name__": "__main__"}))
    assert not run.remote
    assert "Deployment" in {each["kind"] for each in run.objects()}

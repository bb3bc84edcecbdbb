"""Writes what is generated: `python -m tools.generate`, from the root of the repository."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _NotYet(ModuleType):
    """Stands for what is about to be written: the old text may name models that are gone."""

    def __getattr__(self, name: str) -> Any:
        return Any


if __name__ == "__main__":
    sys.modules["pulumi_sidecar.args.dicts"] = _NotYet("pulumi_sidecar.args.dicts")
    from tools.generate.files import write

    write()

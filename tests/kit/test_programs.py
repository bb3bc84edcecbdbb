"""Programs in folders and async ones: what they return, and where they run."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_sidecar.testing import MockStack, OutputValue
from tests.support.foreign import Box


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\nconfig:\n  a: {default: one}\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {demo:b: two}\n")
    (tmp_path / "part.py").write_text("A = 1\n")
    main = "import pulumi, part\nc = pulumi.Config()\npulumi.export('x', [part.A, c.get('a'), c.get('b'), c.get('e')])"
    (tmp_path / "__main__.py").write_text(main)
    before = Path.cwd()
    for folder in (tmp_path, str(tmp_path)):
        result = MockStack(stack="dev", config={"e": "three"}).up(folder)
        assert result.outputs["x"] == OutputValue([1, "one", "two", "three"])
    assert Path.cwd() == before


def test_async_programs(pulumi_stack: MockStack) -> None:
    async def program() -> dict[str, Any]:
        await asyncio.sleep(0)
        pulumi.export("exported", 1)
        return {"name": Box("box").map.metadata.name}

    result = pulumi_stack.up(program)
    assert result.returned["name"].value.startswith("box-map-")
    assert set(result.outputs) == {"exported"}


@pytest.mark.parametrize("returned", ["text", {"a": 1}, [1, {"a": None}], None])
def test_async_programs_return_as_others_do(pulumi_stack: MockStack, returned: Any) -> None:
    async def program() -> Any:
        return returned

    result = pulumi_stack.up(program)
    assert result.returned == returned == pulumi_stack.up(lambda: returned).returned
    assert result.outputs == {}


def test_folders_wait_for_one_another(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
        main = "import os, time, pulumi\ntime.sleep(0.02)\npulumi.export('here', os.path.basename(os.getcwd()))"
        (tmp_path / name / "__main__.py").write_text(main)
    before, found = Path.cwd(), []

    def work(name: str) -> None:
        found.extend((name, MockStack().up(tmp_path / name).outputs["here"].value) for _ in range(3))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [("one", "one")] * 3 + [("two", "two")] * 3
    assert Path.cwd() == before
    (tmp_path / "two" / "__main__.py").write_text(
        f"from pulumi_sidecar.testing import MockStack\nMockStack().up({str(tmp_path / 'one')!r})"
    )
    MockStack().up(tmp_path / "two")  # within another: it cannot wait for that one's end
    assert Path.cwd() == before

"""`pulumi-sidecar serve --component`: which names it takes."""

from __future__ import annotations

import pytest

from pulumi_sidecar.proxies import Container
from pulumi_sidecar.serving.session import ComponentError, pick


def test_a_workload_is_called_as_the_picture_calls_it() -> None:
    def called(name: str) -> Container:
        return Container(name, "nginx.conf", {}, {}, frozenset(), {})

    found = [called("db-bf32875e"), called("web"), called("web-00000000")]
    assert pick(found, "db") == pick(found, "db-bf32875e") == found[0]
    assert pick(found, "web") == found[1]
    assert pick(found, "web-00000000") == found[2]
    with pytest.raises(ComponentError, match="has no such component"):
        pick(found, "d")
    twice = [*found, called("db-11111111")]
    with pytest.raises(ComponentError, match="several proxies of that name: db-bf32875e, db-11111111"):
        pick(twice, "db")

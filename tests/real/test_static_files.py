"""Files that the proxy serves by itself."""

from __future__ import annotations

import os

import pytest

from pulumi_sidecar.proxy.site import Static
from tests.real.conftest import Start
from tests.support.pairs import HSTS, PROXIES, Pair, Stack

NOBODY = 65534

pytestmark = pytest.mark.parametrize("pair", PROXIES, ids=str)


@pytest.fixture
def served(pair: Pair, start: Start) -> Stack:
    """A site whose public port is none of the container's."""
    stack = start(pair, public_port=4443)
    folder = stack.folder / "files"
    (folder / "sub").mkdir(parents=True)
    for name in ("index.html", "a b.css", "sub/index.html"):
        (folder / name).write_text(name)
    (folder / "..data").symlink_to("sub")
    (folder / "own.html").symlink_to("..data/index.html")
    for name, target in {"passwd": "/etc/passwd", "etc": "/etc"}.items():
        (folder / name).symlink_to(target)
        if os.geteuid() == 0:  # the target's owner
            os.lchown(folder / name, NOBODY, NOBODY)
    return start(pair, public_port=4443, static=(Static("/static/", str(folder), 60, str(folder)),))


@pytest.mark.parametrize("name", ["a%20b.css", "index.html", "sub/index.html", "sub/../a%20b.css", "/sub//index.html"])
def test_a_file(served: Stack, name: str) -> None:
    with served.wire() as wire:
        reply = wire.get(f"/static/{name}")
    assert reply.status == 200
    assert reply.get("Cache-Control") == "public, max-age=60"
    assert reply.get("Content-Type") == ("text/css" if name.endswith("css") else "text/html")
    assert reply.all("Strict-Transport-Security") == [HSTS]


@pytest.mark.parametrize("path", ["", "sub", "sub/", "/sub", "sub//", "a%20b.css/", "none", "none/"])
def test_a_folder_is_no_page_and_nobody_is_sent_to_the_containers_port(served: Stack, path: str) -> None:
    for version in ("1.0", "1.1"):
        with served.wire() as wire:
            reply = wire.send(f"GET /static/{path} HTTP/{version}\r\nHost: shop.example.com\r\n\r\n".encode()).reply()
        assert (reply.status, reply.all("Location"), reply.all("Cache-Control")) == (404, [], [])
        assert reply.all("Strict-Transport-Security") == [HSTS]
    assert served.app.targets() == []


def test_beside_the_folder_is_the_app(served: Stack) -> None:
    with served.wire() as wire:
        for path in ("/static", "/static-x", "/"):
            assert wire.get(path).status == 200
    assert served.app.targets() == ["/static", "/static-x", "/"]


def test_links_lead_to_files_of_their_own_owner_only(served: Stack) -> None:
    with served.wire() as wire:
        own = wire.get("/static/own.html")
        assert (own.status, own.body) == (200, b"sub/index.html")
        for foreign in ("passwd", "etc/passwd"):
            reply = wire.get(f"/static/{foreign}")
            assert reply.status in (403, 404)
            assert b"root:" not in reply.body
    assert served.app.targets() == []


def test_a_link_in_the_place_of_the_folder_leads_nowhere(pair: Pair, start: Start) -> None:
    """The app may write to the whole volume, also where the served folder is."""
    root = start(pair).folder / "volume"
    root.mkdir()
    (root / "public").symlink_to("/etc")
    if os.geteuid() == 0:
        os.lchown(root / "public", NOBODY, NOBODY)
    stack = start(pair, static=(Static("/static/", str(root / "public"), 60, str(root)),))
    with stack.wire() as wire:
        assert wire.get("/static/passwd").status in (403, 404)

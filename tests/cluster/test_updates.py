"""Nothing is lost while a component changes: rolling updates of every sort, and scaling. For both proxies, with an app
that speaks HTTP and one in uWSGI."""

from __future__ import annotations

from tests.cluster.clients import Client
from tests.cluster.shops import AUTHORITY, Running, certificate, with_other_names
from tests.cluster.support import until


def test_new_image(running: Running, client: Client) -> None:
    second = running.render()
    how = "new images"
    if not with_other_names(second.objects):
        second, how = running.render(version="2"), "new environment (no image has two names here)"
    counting = running.load(client)
    running.roll(second)
    counting.counts(f"{running.now.name}: rolling update, {how}").none_failed()


def test_new_configuration(running: Running, client: Client) -> None:
    second = running.render(proxy_more={"hsts": {"max_age_seconds": 60}}, version="3")
    counting = running.load(client)
    running.roll(second)
    counting.counts(f"{running.now.name}: rolling update, new configuration").none_failed()
    answer = client.fetch(running.url, AUTHORITY.pem)
    assert answer.headers["strict-transport-security"] == "max-age=60"
    assert answer.text.endswith("version 3")


def test_new_certificate(running: Running, client: Client) -> None:
    first = client.fetch(running.url, AUTHORITY.pem).certificate
    second = running.render(pair=certificate(running.now.name, running.space.name))
    counting = running.load(client)
    running.roll(second)
    counting.counts(f"{running.now.name}: rolling update, new certificate").none_failed()
    assert client.fetch(running.url, AUTHORITY.pem).certificate["serialNumber"] != first["serialNumber"]


def test_scale_up_and_down(running: Running, client: Client) -> None:
    counting = running.load(client)
    for replicas in (4, 2):
        running.space.kubectl("scale", f"deployment/{running.deployment}", f"--replicas={replicas}")
        running.space.wait_ready(running.found)
        until(f"{replicas} pods", lambda wanted=replicas: len(running.space.all_pods(running.now.name)) == wanted)
    counting.counts(f"{running.now.name}: scaled from 2 to 4 and back").none_failed()

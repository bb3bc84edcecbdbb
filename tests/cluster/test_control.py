"""The counter can fail: the same update without what the component does for it loses requests."""

from __future__ import annotations

from tests.cluster.clients import Client
from tests.cluster.shops import Running, shop
from tests.cluster.support import Namespace


def test_without_the_hooks_requests_are_lost(namespace: Namespace, client: Client) -> None:
    running = Running(namespace, shop(namespace, "http", "nginx", "careless"))

    def careless(version: str) -> None:
        second = running.render(version=version)
        spec = second.one("Deployment")["spec"]["template"]["spec"]
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            container.pop("lifecycle", None)
        running.roll(second)

    careless("2")
    address = (namespace.pods("careless")[0]["status"]["podIP"], 8443)
    counting = running.load(client)
    # A download that begins in a pod of before the update, and lasts longer than that pod.
    in_flight = running.load(client, {"download": 1}, address=address, transfer_seconds=120)
    careless("3")
    seen = counting.counts("negative control: rolling update without preStop hooks")
    assert seen.requests > 500, seen
    assert seen.losses > 0, ("nothing was lost: does the client count?", seen)
    cut = in_flight.counts("negative control: a download in flight, without preStop hooks")
    assert {"download IncompleteRead", "download ConnectionResetError"} & set(cut.failed), ("must be lost", cut)

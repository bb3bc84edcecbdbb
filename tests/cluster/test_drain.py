"""Pods are evicted, as a node's drain does it, and the budget holds. Both proxies, HTTP and uWSGI, at once."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster import api
from tests.cluster.clients import Client
from tests.cluster.shops import PAIRS, Shop, deploy, load, name_of, shop
from tests.cluster.support import Deployed, Namespace, kubectl, until

LABEL = "sidecar-test/drained"


@pytest.fixture(scope="module")
def shops(namespace: Namespace) -> tuple[Deployed, list[Shop]]:
    """All four, two pods each; of each one pod must be there at any time."""
    more = {"disruption_budget": {"max_unavailable": 1}, "labels": {LABEL: namespace.name}}
    every = [shop(namespace, *pair, more=more) for pair in PAIRS]
    found = deploy(namespace, *every)
    return found, every


def _budget(found: Deployed, each: Shop) -> str:
    """The name of the component's PodDisruptionBudget."""
    return name_of(found.one("PodDisruptionBudget", each.name))


def _evict(space: Namespace, pod: str) -> str:
    """What the API server says."""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": space.name}}
    path = f"/api/v1/namespaces/{space.name}/pods/{pod}/eviction"
    return kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction), check=False)


def _settled(space: Namespace, found: Deployed, each: Shop) -> None:
    """Two pods, both Ready, and the budget knows it."""

    def allowed() -> bool:
        status = space.get("poddisruptionbudget", _budget(found, each))["status"]
        return len(space.all_pods(each.name)) == 2 and status["disruptionsAllowed"] == 1

    until(f"two pods of {each.name}", allowed)


def test_eviction_through_the_budget(shops: tuple[Deployed, list[Shop]], namespace: Namespace, client: Client) -> None:
    found, every = shops
    for each in every:
        _settled(namespace, found, each)
    counting = {each.name: load(client, found, each, per_second=25) for each in every}
    for each in every:
        counting[each.name].steady()
    for each in every:
        first, second = (name_of(pod) for pod in namespace.pods(each.name))
        assert '"Success"' in _evict(namespace, first)
        refused = _evict(namespace, second)
        assert "disruption budget" in refused, refused
    for each in every:
        _settled(namespace, found, each)
    for each in every:
        counting[each.name].counts(f"{each.name}: eviction, the budget refuses a second one").none_failed(300)


@contextmanager
def _cordoned(node: str) -> Iterator[None]:
    kubectl("cordon", node)
    try:
        yield
    finally:
        kubectl("uncordon", node)


def test_drain_of_the_only_node(shops: tuple[Deployed, list[Shop]], namespace: Namespace, client: Client) -> None:
    """One pod of each is evicted and finds no place; the budgets hold the others until the node takes pods again.

    That is all a single node allows: while it is cordoned, nothing new can run anywhere.
    """
    nodes = api.get("", "nodes")["items"]
    if len(nodes) > 1:
        pytest.skip("the cluster has several nodes, and none of them is drained by a test")
    found, every = shops
    for each in every:
        _settled(namespace, found, each)
    before = {each.name: {name_of(pod) for pod in namespace.pods(each.name)} for each in every}
    counting = {each.name: load(client, found, each, per_second=25) for each in every}
    for each in every:
        counting[each.name].steady()
    node = name_of(nodes[0])
    selector = f"--pod-selector={LABEL}={namespace.name}"
    command = ["kubectl", "drain", node, selector, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=600s"]
    with _cordoned(node):
        drain = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

        def pending() -> bool:
            return all(any(p["status"]["phase"] == "Pending" for p in namespace.pods(each.name)) for each in every)

        until("one pod of each waits for a node", pending)
        time.sleep(6)  # the drain asks again every 5 s
        assert drain.poll() is None, drain.communicate()
        for each in every:
            assert len([pod for pod in namespace.pods(each.name) if name_of(pod) in before[each.name]]) == 1
    words, _ = drain.communicate(timeout=640)
    kubectl("uncordon", node)  # the drain cordons by itself, too
    assert drain.returncode == 0, words
    for each in every:
        _settled(namespace, found, each)
        assert not before[each.name] & {name_of(pod) for pod in namespace.all_pods(each.name)}
    for each in every:
        counting[each.name].counts(f"{each.name}: drain of the only node").none_failed(300)

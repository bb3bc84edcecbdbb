"""Several workloads in the same files: each keeps its own sidecar, and the other things that they hold stay."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.inject.test_manifests import MADE_FOR, objects, run

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}{more}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
        - name: app
          image: app:1
          ports:
            - containerPort: 8080   # where it listens
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}{more}
spec:
  selector: {{app: {name}}}
  ports:
    - port: 80
      targetPort: 8080
"""


def text(*names: str, more: str = "") -> str:
    return "---\n".join(each.format(name=name, more=more) for name in names for each in (WORKLOAD, SERVICE))


def injected(before: str, name: str | None = None, *args: str) -> str:
    asked = ["--workload", name] if name else []
    result = run("-f", "-", "--secret", "tls", *asked, *args, stdin=before)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def ejected(before: str, *args: str) -> str:
    result = run("-f", "-", "--eject", *args, stdin=before)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def proxied(found: str) -> list[str]:
    """Which objects lead to a proxy, or were made for one."""
    return [
        f"{each['kind']}/{each['metadata']['name'].split('-')[0]}"
        for each in objects(found)
        if "pulumi-sidecar/injected" in json.dumps(each) or MADE_FOR in json.dumps(each)
    ]


A = ["Deployment/a", "Service/a", "ConfigMap/a"]
B = ["Deployment/b", "Service/b", "ConfigMap/b"]


@pytest.mark.parametrize("end", ["\n", ""])
def test_each_workload_has_its_own_sidecar(end: str) -> None:
    before = text("a", "b").removesuffix("\n") + end
    one = injected(before, "a")
    assert proxied(one) == A
    both = injected(one, "b")
    assert sorted(proxied(both)) == sorted(A + B)
    assert ejected(both, "--workload", "b") == one
    assert ejected(both, "--workload", "Deployment/a") == injected(before, "b")
    assert ejected(both) == before


def test_doing_it_again_changes_nothing_whichever_is_done() -> None:
    both = injected(injected(text("a", "b"), "a"), "b")
    assert injected(both, "a") == both
    assert injected(both, "b") == both


def test_a_service_in_front_of_both_stays_while_one_has_a_proxy() -> None:
    workloads = "---\n".join(WORKLOAD.format(name=name, more="") for name in "ab").replace("{app: b}", "{app: a}")
    before = f"{workloads}---\n{SERVICE.format(name='a', more='')}"
    one = injected(before, "a")
    both = injected(one, "b")
    assert ejected(both, "--workload", "b") == one
    assert ejected(one, "--workload", "b") == one
    assert ejected(one, "--workload", "a") == before


def test_a_service_by_its_name() -> None:
    before = text("a").replace("selector: {app: a}", "selector: {tier: front}")
    once = injected(before, None, "--service", "a")
    assert proxied(once) == A
    assert injected(once, None, "--service", "a") == once
    assert ejected(once, "--workload", "a", "--service", "a") == before


def test_a_workload_that_was_renamed_since_leaves_nothing_behind() -> None:
    """As Kustomize does with a prefix: the annotation of what was added has the old name still."""
    renamed = injected(text("a", "b"), "a").replace("name: a\n", "name: my-a\n")
    again = injected(renamed, "my-a")
    assert [each["kind"] for each in objects(again)].count("ConfigMap") == 1
    assert injected(again, "my-a") == again
    assert ejected(renamed, "--workload", "my-a") == ejected(again) == ejected(renamed)
    other = injected(text("a", "my-a"), "a")
    assert sorted(proxied(injected(other, "my-a"))) == sorted([*A, "Deployment/my", "Service/my", "ConfigMap/my"])


def test_which_workload_to_eject_must_be_there() -> None:
    result = run("-f", "-", "--eject", "--workload", "c", stdin=text("a", "b"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no workload is called 'c'" in result.stderr


# --- namespaces -------------------------------------------------------------------------------------------------------


def test_the_namespace_tells_workloads_of_one_name_apart() -> None:
    before = "---\n".join(text("a", more=f"\n  namespace: {space}") for space in ("shop", "bank"))
    asked = run("-f", "-", "--secret", "tls", "--workload", "Deployment/a", stdin=before)
    assert asked.exit_code == 2
    assert "of the namespaces shop (-: line 1), bank (-: line 29)? " in asked.stderr
    assert "--namespace" in asked.stderr
    bank = injected(before, "a", "-n", "bank")
    assert [each["metadata"]["namespace"] for each in objects(bank) if "pulumi-sidecar/" in json.dumps(each)] == [
        "bank"
    ] * 3
    both = injected(bank, "a", "-n", "shop")
    assert proxied(both) == [*A[:2], *A[:2], A[2], A[2]]
    assert ejected(both, "--workload", "a", "-n", "shop") == bank


@pytest.mark.parametrize("where", [WORKLOAD, SERVICE])
@pytest.mark.parametrize("option", [True, False])
def test_what_names_no_namespace_is_in_the_one_that_was_asked_for(where: str, option: bool, tmp_path: Any) -> None:
    arguments = tmp_path / "args.yaml"
    arguments.write_text("{}" if option else "namespace: shop")
    before = "---\n".join(
        each.format(name="a", more="\n  namespace: shop" if each == where else "") for each in (WORKLOAD, SERVICE)
    )
    once = injected(before, None, *(("-n", "shop") if option else ()), "--args", str(arguments))
    assert proxied(once) == A
    assert objects(once)[-1]["metadata"]["namespace"] == "shop"
    assert ejected(once, "--workload", "a") == before
    other = run("-f", "-", "--secret", "tls", "-n", "bank", stdin=before)
    assert ("found Deployment/a in shop" if where == WORKLOAD else "no Service here leads to it") in other.stderr


@pytest.mark.parametrize("asked", [[], ["--workload", "a"]])
def test_eject_keeps_to_its_namespace(asked: list[str]) -> None:
    staging = injected(text("a", more="\n  namespace: staging"))
    prod = injected(text("a", more="\n  namespace: prod"))
    before = f"{text('a', more=chr(10) + '  namespace: prod')}---\n{staging}"
    assert ejected(f"{prod}---\n{staging}", *asked, "-n", "prod") == before
    unnamed = f"{injected(text('a'))}---\n{staging}"
    assert ejected(unnamed, *asked, "-n", "prod") == f"{text('a')}---\n{staging}"
    other = run("-f", "-", "--eject", *asked, "-n", "prod", stdin=staging)
    assert (other.exit_code, other.stdout) == ((2, "") if asked else (0, staging))
    assert "in staging" in other.stderr


def test_the_only_workload_is_not_reached_in_another_namespace() -> None:
    result = run("-f", "-", "--secret", "tls", "-n", "prod", stdin=text("a", more="\n  namespace: staging"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no workload is in namespace prod; found Deployment/a in staging (-: line 1)" in result.stderr


APART = [(WORKLOAD, "none that is told", "namespace shop"), (SERVICE, "namespace shop", "none that is told")]


@pytest.mark.parametrize(("where", "service", "workload"), APART)
@pytest.mark.parametrize("named", [True, False])
def test_a_service_in_another_namespace_is_told(where: str, service: str, workload: str, named: bool) -> None:
    before = "---\n".join(
        each.format(name="a", more="\n  namespace: shop" if each == where else "") for each in (WORKLOAD, SERVICE)
    )
    result = run("-f", "-", "--secret", "tls", *(["--service", "a"] if named else []), stdin=before)
    assert result.exit_code == (2 if named else 0)
    told = f"Service/a is in {service} and Deployment/a is in {workload}: say --namespace shop"
    assert told in result.stderr


def test_services_and_workloads_of_two_namespaces() -> None:
    before = "---\n".join(
        each.format(name="a", more=f"\n  namespace: {space}") for each, space in ((WORKLOAD, "shop"), (SERVICE, "bank"))
    )
    result = run("-f", "-", "--secret", "tls", "--service", "a", stdin=before)
    assert "pods of its own namespace alone" in result.stderr


@pytest.mark.parametrize("name", ["web.v1", "2048", "9." + "a" * 80])
@pytest.mark.parametrize("option", [[], ["--service-ports", "leave"]])
def test_a_workload_whose_name_no_service_could_have(name: str, option: list[str]) -> None:
    before = WORKLOAD.format(name=f"'{name}'", more="").replace("{app:", "{n:").replace(f"'{name}'}}", "x}")
    once = injected(before, None, *option)
    assert len(proxied(once)) == 2
    assert ejected(once) == before


# --- Lists ------------------------------------------------------------------------------------------------------------

ITEM = """\
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: made{number}
    annotations: {{pulumi-sidecar/made-for: Deployment/a}}
"""
THEIRS = """\
# theirs:  kept
- {apiVersion: v1, kind: ConfigMap,
   metadata: {name: theirs}}   # as it is
"""


@pytest.mark.parametrize("items", ["0T", "T0", "0T1", "01", "T", "0T12T3"])
def test_only_what_was_added_goes_from_a_list(items: str) -> None:
    head, tail = "apiVersion: v1\nkind: List\nitems:", "\nmetadata: {resourceVersion: ''}\n---\nkind: Other\n"
    listed = [THEIRS if item == "T" else ITEM.format(number=item) for item in items]
    kept = "".join(item for item in listed if item is THEIRS)
    before = f"{head}\n{''.join(listed)}{tail}"
    assert ejected(before) == (f"{head}\n{kept}{tail}" if kept else f"{head} []\n{tail}")
    flow = "{apiVersion: v1, kind: List, items: [%s]}\n"
    inline = [
        f"{{kind: A, metadata: {{name: x, annotations: {{{MADE_FOR}: a}}}}}}" if i != "T" else "{kind: B}"
        for i in items
    ]
    assert yaml.safe_load(ejected(flow % ",  ".join(inline)))["items"] == [{"kind": "B"}] * items.count("T")


def test_workloads_in_one_list() -> None:
    listed = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": objects(text("a", "b"))})
    one = injected(listed, "a")
    both = injected(one, "b")
    assert sorted(proxied(both)) == sorted(A + B)
    assert ejected(both, "--workload", "b") == one
    assert ejected(both) == listed


# --- other things of the same kind ------------------------------------------------------------------------------------

CUSTOM = """\
---
apiVersion: acme.com/v1
kind: Deployment
metadata: {name: other}
spec: {template: {spec: {containers: [{name: a}]}}}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: a}
spec: {selector: {app: a}, template: {spec: {containers: [{image: a}]}}}
"""


def test_custom_resources_of_the_same_kind_are_no_workloads_and_no_services() -> None:
    once = injected(text("a") + CUSTOM, None, "--service", "a")
    assert CUSTOM in once
    assert proxied(once) == A
    other = run("-f", "-", "--secret", "tls", stdin=CUSTOM)
    assert "there are none" in other.stderr


def test_an_older_group_is_the_same_thing() -> None:
    old = text("a").replace("apps/v1", "extensions/v1beta1")
    assert proxied(injected(old)) == A

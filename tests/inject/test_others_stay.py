"""What belongs to others in the same files stays: Services of their proxies, and what was added for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.inject.test_manifests import MADE_FOR, objects, run
from tests.inject.test_several import SERVICE, WORKLOAD, ejected, injected, proxied, text


def ports(found: str) -> dict[str, list[int]]:
    """Each Service's ports; by namespace, too, where it tells one."""
    return {
        "/".join(filter(None, (each["metadata"].get("namespace"), each["metadata"]["name"]))): [
            port["port"] for port in each["spec"]["ports"]
        ]
        for each in objects(found)
        if each["kind"] == "Service"
    }


def made(found: str) -> list[tuple[str, str | None]]:
    """For which workload each object was added, and where it is."""
    return [
        (each["metadata"]["annotations"][MADE_FOR], each["metadata"].get("namespace"))
        for each in objects(found)
        if MADE_FOR in each["metadata"].get("annotations", {})
    ]


def files(folder: Path, **texts: str) -> list[str]:
    """Options that name the files."""
    for name, found in texts.items():
        (folder / f"{name}.yaml").write_text(found)
    return [option for name in texts for option in ("-f", str(folder / f"{name}.yaml"))]


# --- Services ---------------------------------------------------------------------------------------------------------


def canary() -> str:
    """Workloads a and b with Services of their own; that of a is in front of both."""
    return (
        text("a", "b")
        .replace("labels: {app: b}", "labels: {app: a, v: b}")
        .replace("selector: {app: b}", "selector: {v: b}")
    )


@pytest.mark.parametrize("option", [["--service", "b"], ["--service-ports", "leave", "--service", "b"]])
def test_a_service_in_front_of_anothers_proxy_goes_on_leading_to_it(option: list[str]) -> None:
    before = canary()
    one = injected(before, "a")
    assert ports(one) == {"a": [80, 443], "b": [80]}
    both = injected(one, "b", *option)
    assert ports(both) == {"a": [80, 443], "b": [80] if "leave" in option else [80, 443]}
    assert injected(both, "b", *option) == both
    assert injected(both, "a") == both
    assert ejected(both, "--workload", "b") == one
    assert ejected(both) == before


def test_the_service_that_is_asked_for_is_changed_again_also_in_front_of_several() -> None:
    both = injected(injected(canary(), "a"), "b", "--service", "a")
    again = injected(both, "b", "--service", "a", "--service-ports", "point")
    assert ports(again) == {"a": [80], "b": [80]}
    assert injected(again, "b", "--service", "a") == both
    assert ejected(both) == canary()


def with_redirect(folder: Path, **proxy: object) -> list[str]:
    (folder / "args.yaml").write_text(yaml.safe_dump({"proxy": {"kind": "nginx", **proxy}}))
    return ["--args", str(folder / "args.yaml")]


@pytest.mark.parametrize(("first", "second"), [({"redirect_http": True}, {}), ({}, {"https_port": 9500})])
@pytest.mark.parametrize("named", [[], ["--service", "a"]])
def test_what_another_proxy_needs_of_a_service_is_not_undone(
    first: dict[str, object], second: dict[str, object], named: list[str], tmp_path: Path
) -> None:
    before = text("a") + "---\n" + WORKLOAD.format(name="b", more="").replace("app: b", "app: a")
    one = injected(before, "a", *with_redirect(tmp_path, **first))
    other = with_redirect(tmp_path, **second)
    result = run("-f", "-", "--secret", "tls", "--workload", "b", *other, *named, stdin=one)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Service/a is in front of Deployment/a, too, whose proxy needs its ports as they are (80→" in result.stderr
    assert "for Deployment/b they would be 80→8080, 443→" in result.stderr
    assert "--service-ports leave" in result.stderr
    assert ports(injected(one, "b", *with_redirect(tmp_path, **first))) == {"a": [80, 443]}


def test_what_leads_to_this_proxy_alone_is_taken_back() -> None:
    once = injected(canary(), "b", "--service", "b")
    assert ports(injected(once, "b", "--service", "a")) == {"a": [80, 443], "b": [80]}
    assert ports(injected(once, "b", "--service", "b", "--service-ports", "leave")) == {"a": [80], "b": [80]}


def test_one_that_is_left_by_one_workload_goes_on_leading_to_the_other() -> None:
    before = text("a") + "---\n" + WORKLOAD.format(name="b", more="").replace("app: b", "app: a")
    one = injected(before, "a")
    assert ports(injected(one, "b", "--service-ports", "leave")) == ports(one) == {"a": [80, 443]}


@pytest.mark.parametrize("eject", [[], ["--eject"]])
def test_a_service_that_is_asked_for_must_be_there(eject: list[str]) -> None:
    result = run(
        "-f", "-", "--secret", "tls", "--service", "wbe", "--workload", "web", *eject, stdin=text("web", "other")
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'Deployment/web: no Service is called "wbe" here. Did you mean "web"?' in result.stderr
    without = run(
        "-f",
        "-",
        "--secret",
        "tls",
        "--service",
        "web",
        *eject,
        "--workload",
        "web",
        stdin=WORKLOAD.format(name="web", more=""),
    )
    assert "Read its file, too." in without.stderr


def test_a_service_that_is_elsewhere_may_be_named_where_it_is_left() -> None:
    assert proxied(injected(text("a"), None, "--service", "wbe", "--service-ports", "leave")) == [
        "Deployment/a",
        "ConfigMap/a",
    ]


# --- namespaces -------------------------------------------------------------------------------------------------------


def test_what_tells_another_namespace_than_the_one_asked_for_is_somebody_elses(tmp_path: Path) -> None:
    staging = injected(text("web", more="\n  namespace: staging"))
    both = files(tmp_path, a=text("web"), b=staging)
    for _ in range(2):
        assert run(*both, "--secret", "tls", "-n", "prod", "--workload", "web", "-i").exit_code == 0
        assert (tmp_path / "b.yaml").read_text() == staging
        assert made((tmp_path / "a.yaml").read_text()) == [("Deployment/web", "prod")]
    assert run(*both, "--eject", "-n", "prod", "--workload", "web", "-i").exit_code == 0
    assert (tmp_path / "b.yaml").read_text() == staging
    assert (tmp_path / "a.yaml").read_text() == text("web")


def test_without_a_namespace_only_what_cannot_be_anothers_is_taken() -> None:
    """Two workloads with the same pods' labels, one of which tells no namespace; so do Service and configuration."""
    theirs = injected(text("b", more="\n  namespace: staging").replace("app: b", "app: a"))
    before = f"{text('a')}---\n{theirs}"
    once = injected(before, "a")
    assert theirs in once
    assert ports(once) == {"a": [80, 443], "staging/b": [80, 443]}
    assert injected(once, "a") == once
    assert ejected(once, "--workload", "a") == before


def test_another_namespace_moves_what_was_added() -> None:
    shop = injected(text("a"), None, "-n", "shop")
    assert made(injected(shop, None, "-n", "bank")) == [("Deployment/a", "bank")]
    assert made(injected(shop)) == [("Deployment/a", None)]


# --- what was added ---------------------------------------------------------------------------------------------------


def added(found: str) -> str:
    return "---\n".join(each for each in found.split("---\n") if MADE_FOR in each)


@pytest.mark.parametrize("name", ["web-admin", "my-web", "web2"])
def test_a_workload_whose_name_holds_anothers_keeps_its_hands_off(name: str) -> None:
    """The other workload is in a file that is not read here."""
    before = f"{injected(text(name))}---\n{added(injected(text('web')))}"
    again = injected(before, name)
    assert sorted(made(again)) == sorted([(f"Deployment/{name}", None), ("Deployment/web", None)])
    assert made(ejected(before, "--workload", name)) == [("Deployment/web", None)]


def kustomized(found: str) -> str:
    """With a prefix, as Kustomize sets it: references follow, annotations do not."""
    names = {each["metadata"]["name"] for each in objects(found)}
    return re.sub(
        r"(?m)^( *(?:name|secretName): )(\S+)$",
        lambda each: each[1] + "my-" * (each[2] in names) + each[2],
        found,
    )


@pytest.mark.parametrize("source", [("--secret", "tls"), ("--generate", "--write-generated-key"), ("--issuer", "acme")])
@pytest.mark.parametrize("beside", [False, True])
def test_what_was_renamed_goes_along(source: tuple[str, ...], beside: bool) -> None:
    base = run("-f", "-", *source, stdin=text("a")).stdout
    renamed = kustomized(base)
    assert "name: my-a\n" in renamed
    other = injected(text("a", more="\n  namespace: bank"))
    spaced = re.sub(r"(?m)^  name: my-a", "  namespace: shop\n  name: my-a", renamed)
    before = f"{spaced}---\n{other}" if beside else renamed
    count = len(made(before))
    again = run("-f", "-", *source, "--workload", "my-a", stdin=before).stdout
    assert len(made(again)) == count
    assert made(again).count(("Deployment/a", "bank")) == beside
    assert len(made(ejected(before, "--workload", "my-a"))) == beside


# --- which workload ---------------------------------------------------------------------------------------------------


def test_the_same_workload_twice_is_told_by_file_and_line(tmp_path: Path) -> None:
    named = files(
        tmp_path, a=f"# theirs\n---\n\n{text('web')}", b=f"{SERVICE.format(name='x', more='')}---\n{text('web')}"
    )
    result = run(*named, "--secret", "tls", "--workload", "web")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"it is there more than once ({tmp_path}/a.yaml: line 4, {tmp_path}/b.yaml: line 11)" in result.stderr
    listed = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": objects(text("web")) * 2})
    assert "(-: line 1, items[0], -: line 1, items[2])" in run("-f", "-", "--secret", "tls", stdin=listed).stderr


def test_a_workload_without_a_namespace_is_told_from_one_with_it(tmp_path: Path) -> None:
    before = f"{text('a')}---\n{text('a', more=chr(10) + '  namespace: shop')}"
    result = run("-f", "-", "--secret", "tls", stdin=before)
    assert "which one, of the namespaces none (-: line 1), shop (-: line 27)? Tell it with --namespace" in result.stderr
    assert made(injected(before, None, "-n", "bank")) == [("Deployment/a", "bank")]
    assert "more than once" in run("-f", "-", "--secret", "tls", "-n", "shop", stdin=before).stderr
    (tmp_path / "args.yaml").write_text("namespace: [shop]")
    wrong = run(
        "-f", "-", "--secret", "tls", "--args", str(tmp_path / "args.yaml"), stdin=f"{text('a')}---\n{text('a')}"
    )
    assert wrong.stderr.startswith("error: Deployment/a: it is there more than once")

"""`pulumi-sidecar graph` and `explain`: pictures and words of the examples. UPDATE_GOLDEN=1 writes both anew.

The pictures of some examples are those in docs/images/. All examples make their certificates in the run itself, so the
days that are left are the same every day; dates are taken out of the words.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pulumi
import pulumi_kubernetes as k8s
import pytest
from click.testing import CliRunner, Result

from pulumi_sidecar import SidecarDeployment, SidecarInjection, offline
from pulumi_sidecar.cli import main
from pulumi_sidecar.survey import mermaid, svg, words
from pulumi_sidecar.survey.canvas import Box, wrapped
from pulumi_sidecar.survey.defaults import defaults
from pulumi_sidecar.survey.model import Survey
from pulumi_sidecar.survey.read import read
from tests.conftest import BASIC, merged
from tests.support.servers import REPOSITORY

GOLDEN = Path(__file__).parent / "golden" / "survey"
IMAGES = REPOSITORY / "docs" / "images"
EXAMPLES = {
    "https_nginx": [],
    "flask_uwsgi_nginx": ["--config=image=ghcr.io/acme/shop:2.0"],
    "existing_program": [],
    "shared_volume_logs": ["--config=native=true"],
    "tls_cert_manager": [],
    "existing_workload": [],
}
PICTURES = ("https_nginx", "flask_uwsgi_nginx", "existing_program")
RECT, TEXT = "{http://www.w3.org/2000/svg}rect", "{http://www.w3.org/2000/svg}text"


def command(name: str, folder: Path, *options: str | Path) -> Result:
    return CliRunner().invoke(main, [name, str(folder), *map(str, options)])


def compared(file: Path, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.is_file(), f"no {file}: run UPDATE_GOLDEN=1 pytest tests/test_survey.py"
    assert file.read_text(encoding="utf-8") == text, f"{file.name}: UPDATE_GOLDEN=1 pytest tests/test_survey.py"


def surveyed(program: Callable[[], None]) -> Survey:
    return read(offline.run(program))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_words_of_an_example(name: str) -> None:
    result = command("explain", REPOSITORY / "examples" / name, *EXAMPLES[name])
    assert result.exit_code == 0, result.output
    text = re.sub(r"\d{4}-\d\d-\d\d", "DATE", result.stdout)
    # Every new argument has a default: they have a test of their own.
    text = re.sub(r"(?<=Which defaults hold\n)(?:    .*\n)+", "    …\n", text)
    compared(GOLDEN / f"{name}.txt", text)


def test_the_defaults_that_hold() -> None:
    given: dict[str, Any] = {
        "proxy": {"max_body_size": "1Mi", "timeouts": {"read_seconds": 7}},
        "tls": {"kind": "issued", "validity_days": 20, "renew_before_days": 5},
    }
    (component,) = offline.run(lambda: SidecarDeployment("web", merged(BASIC, given)) and None).components
    assert isinstance(component.component, SidecarDeployment)
    found = dict(defaults(component.component.args))
    assert found["proxy.timeouts.connect_seconds"] == "5 s"
    assert found["tls.ca_validity_days"] == "3650 days"
    assert found["proxy.http2"] == "yes"
    not_default = {"proxy.max_body_size", "proxy.timeouts.read_seconds", "tls.validity_days", "app.image", "app.port"}
    assert not not_default & found.keys()


def test_no_limit_holds_for_streams() -> None:
    given: Any = {"app": {"port": 8080, "protocol": {"kind": "grpc"}}, "proxy": {"kind": "nginx"}}
    for kind, more in ((SidecarInjection, given), (SidecarDeployment, merged(BASIC, given))):
        (component,) = offline.run(lambda kind=kind, more=more: kind("web", more) and None).components
        assert isinstance(component.component, kind)
        assert "proxy.max_body_size" not in dict(defaults(component.component.args))


def test_the_defaults_of_a_sidecar_for_others() -> None:
    given: Any = {"app": {"port": 8080}, "proxy": {"kind": "nginx"}, "drain_seconds": 3}
    (component,) = offline.run(lambda: SidecarInjection("web", given) and None).components
    assert isinstance(component.component, SidecarInjection)
    found = dict(defaults(component.component.args))
    assert (found["service.ports"], found["app.stop_delay"]) == ("add", "yes")
    assert not {"app.port", "drain_seconds"} & found.keys()


def test_defaults_that_hold_for_nothing_are_left_out() -> None:
    bare = {"proxy": None, "sidecars": {"logs": {"image": "busybox"}}}
    (component,) = offline.run(lambda: SidecarDeployment("web", {**merged(BASIC, {}), **bare}) and None).components
    assert isinstance(component.component, SidecarDeployment)
    assert not [path for path, _ in defaults(component.component.args) if path.startswith(("tls.", "proxy."))]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_flowchart_of_an_example(name: str) -> None:
    result = command("graph", REPOSITORY / "examples" / name, "--format", "mermaid", *EXAMPLES[name])
    assert result.exit_code == 0, result.output
    compared(GOLDEN / f"{name}.mmd", result.stdout)


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_in_the_documents_are_those_of_today(name: str) -> None:
    result = command("graph", REPOSITORY / "examples" / name, "-o", "-", *EXAMPLES[name])
    assert result.exit_code == 0, result.output
    compared(IMAGES / f"{name}.svg", result.stdout)


def rules_of(changes: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    (of,) = surveyed(lambda: SidecarDeployment("web", merged(BASIC, changes)) and None).workloads
    return {each.kind: each.lines for each in (*of.routes, *of.rules)}


def test_a_policy_names_the_namespaces_that_it_admits() -> None:
    peers = [{"kind": "pods", "namespaces": ["edge", "ops"]}, {"kind": "pods", "all_namespaces": True}]
    (line,) = rules_of({"network_policy": {"allow_from": peers}})["NetworkPolicy"]
    assert line == "in: 8443 from pods (all) in namespaces edge|ops, pods (all) in namespaces (all)"


def test_what_verifies_the_pods_certificate_says_by_what() -> None:
    entry = {"hosts": ["a.example.com"], "class_name": "nginx", "controller": "nginx", "tls_secret": "public"}
    assert rules_of({"ingress": entry})["Ingress"][-1] == "reads Secret web-entry-ca"
    gateway = {"kind": "http_route", "gateway": {"name": "edge"}, "hosts": ["a.example.com"]}
    assert rules_of({"gateway": gateway})["BackendTLSPolicy"] == (
        "the Gateway verifies web.default.svc",
        "reads ConfigMap web-gateway-ca",
    )


def test_a_clients_certificate_has_its_days() -> None:
    def program() -> None:
        SidecarDeployment("web", merged(BASIC, {"client_auth": {"ca": {"kind": "own"}}})).issue_client("billing")

    survey = surveyed(program)
    assert any('certificate "billing": ' in line and "in 90 days" in line for line in words.others(survey))
    assert "certificate billing: 90 days left" in mermaid.draw(survey)


def test_what_leads_past_the_proxy_is_drawn_so() -> None:
    result = command("graph", REPOSITORY / "examples" / "existing_workload")
    texts = [each.text for each in ElementTree.fromstring(result.stdout).iter(TEXT)]
    assert "→ http of web, past the proxy" in texts
    assert {"http :8000", "https :8443"} <= {*texts}


def test_clusters_are_kept_apart() -> None:
    def program() -> None:
        for region in ("eu", "us"):
            options = pulumi.ResourceOptions(provider=k8s.Provider(region, context=region))
            more = {"service": {"name": "web", "external_host": f"{region}.example.com"}, "network_policy": {}}
            SidecarDeployment(f"web-{region}", merged(BASIC, more), options)
        k8s.core.v1.ConfigMap("also", opts=pulumi.ResourceOptions(provider=k8s.Provider("more", context="us")))

    found = read(offline.run(program))
    assert sorted(each.name for each in found.workloads) == ["web-eu-deployment", "web-us-deployment"]
    assert [(len(each.services), len(each.rules)) for each in found.workloads] == [(1, 1), (1, 1)]
    assert [each.name for each in found.others] == ["also"]


# --- pictures ---------------------------------------------------------------------------------------------------------


def everything() -> None:
    """A component with all around it that is drawn."""
    changes = {
        "app": {"resources": {"requests": {"cpu": "50m"}}},
        "proxy": {"redirect_http": True},
        "client_auth": {"ca": {"kind": "own"}},
        "service": {"type": "LoadBalancer", "external_host": "shop.example.com"},
        "sidecars": {"logs": {"image": "busybox", "lifecycle": "native"}, "other": {"image": "busybox:2"}},
        "certificate_alert": {},
        "autoscaling": {"max_replicas": 10},
        "disruption_budget": {},
    }
    SidecarDeployment("web", merged(BASIC, changes))
    backend = {"service": {"name": "web", "port": {"number": 443}}}
    rule = {"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    k8s.networking.v1.Ingress(
        "ingress", metadata={"name": "shop"}, spec={"tls": [{"hosts": ["shop.example.com"]}], "rules": [rule]}
    )
    k8s.apiextensions.CustomResource(
        "route",
        api_version="gateway.networking.k8s.io/v1",
        kind="HTTPRoute",
        metadata={"name": "shop-route"},
        spec={
            "hostnames": ["a.example.com"],
            "parentRefs": [{"name": "public"}],
            "rules": [{"backendRefs": [{"name": "web"}]}],
        },
    )
    k8s.networking.v1.NetworkPolicy(
        "policy",
        metadata={"name": "admit"},
        spec={
            "podSelector": {"matchLabels": {"pulumi-sidecar/component": "web"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": 8443}], "from": [{"namespaceSelector": {"matchLabels": {"team": "a"}}}]}],
        },
    )
    k8s.core.v1.Namespace("team", metadata={"name": "team"})


def test_what_is_around_a_pod_is_seen() -> None:
    survey = surveyed(everything)
    (of,) = survey.workloads
    assert of.pods == "2 to 10 pods"
    assert of.client_certificates == "required"
    assert {each.kind: each.lines for each in of.routes} == {
        "Ingress": ("https://shop.example.com/",),
        "HTTPRoute": ("a.example.com", "of Gateway public"),
    }
    rules = {each.kind: each.lines for each in of.rules}
    assert rules["NetworkPolicy"] == ("in: 8443 from namespaces team=a",)
    assert rules["PodDisruptionBudget"] == ("at most 1 down in a drain",)
    assert rules["HorizontalPodAutoscaler"][0] == "2 to 10 pods"
    assert [(each.kind, each.name) for each in survey.others] == [("Namespace", "team")]
    assert [each.native for each in of.containers if each.name == "logs"] == [True]


@pytest.mark.parametrize("program", [everything, lambda: None], ids=["everything", "nothing"])
def test_nothing_overlaps_and_all_is_within(program: Callable[[], None]) -> None:
    root = ElementTree.fromstring(svg.draw(surveyed(program), "t", "d"))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = []
    for each in root.iter(RECT):
        x, y, w, h = (float(each.attrib[key]) for key in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
        if each.attrib["class"] not in ("ground", "pod"):
            boxes.append((x, y, x + w, y + h))
    for number, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, (boxes[number], other)


def test_text_stays_within_its_box() -> None:
    long = "registry.example.com/a-team/with-a-very-long-name/and-an-image-of-a-long-name:1.4@sha256:" + "0" * 64
    box = Box("a-title-that-is-longer-than-any-title-should-ever-be", "tag", (("image", long),), columns=46)
    assert all(len(label) + len(text) <= 46 for label, text in box.rows)
    assert "".join(text for _, text in box.rows) == long
    assert box.width < 400


@pytest.mark.parametrize("text", ["a b c d e", "aaaaaaaaaaaa", "/a/b/c/d/e/f", "", "a,b,c", "aaaa:bbbb"])
def test_wrapping_loses_nothing_but_spaces(text: str) -> None:
    lines = wrapped(text, 5)
    assert all(len(line) <= 5 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_items_of_a_list_stay_whole() -> None:
    assert wrapped(":8443 https, :9443 status, :8081 http", 33) == [":8443 https, :9443 status,", ":8081 http"]


HOSTILE = '</text><script>alert(1)</script>"]--> x & #quot; \x1b\n%% {{'


def hostile() -> None:
    """Values that no API server would take, but a picture may be asked for all the same."""
    labels = {"app": HOSTILE}
    container = {"name": HOSTILE, "image": HOSTILE, "ports": [{"name": HOSTILE, "containerPort": 1}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "volumes": [{"name": HOSTILE}]}}
    k8s.apps.v1.Deployment("d", metadata={"name": HOSTILE}, spec={"selector": labels, "template": template})
    k8s.core.v1.Service("s", metadata={"name": HOSTILE}, spec={"selector": labels, "ports": [{"port": 1}]})
    k8s.core.v1.ConfigMap("c", metadata={"name": HOSTILE})


def test_no_value_breaks_out_of_the_picture() -> None:
    text = svg.draw(surveyed(hostile), HOSTILE, HOSTILE)
    assert "<script" not in text
    root = ElementTree.fromstring(text)  # well-formed, for one
    assert {each.tag.rpartition("}")[2] for each in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "text",
        "path",
    }
    assert any("<script>" in (each.text or "") for each in root.iter(TEXT))


def test_no_value_breaks_out_of_the_flowchart() -> None:
    text = mermaid.draw(surveyed(hostile))
    assert "<script" not in text
    for line in text.splitlines():
        assert line.count('"') % 2 == 0, line
        for label in re.findall(r'"([^"]*)"', line):
            assert not set(re.sub(r"<br/>|</?b>|#\d+;", "", label)) & set("<>[]{}\\`%&#|")


def test_the_picture_is_accessible_and_needs_nothing_from_elsewhere() -> None:
    text = svg.draw(surveyed(everything), "the title", "the description")
    root = ElementTree.fromstring(text)
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", "the title")
    assert root[0].text == "the title"
    assert root[1].text == "the description"
    assert not re.search(
        r"url\(|@import|@font-face|href|http(?!://www\.w3\.org/2000/svg|s?://)", text.partition("<rect")[0]
    )
    assert "prefers-color-scheme: dark" in text


# --- secrets and words ------------------------------------------------------------------------------------------------


def with_secrets() -> None:
    secret = pulumi.Output.secret("hunter2")
    arguments: dict[str, Any] = {"app": {"image": pulumi.Output.secret("hunter2-image"), "env": {"PASSWORD": secret}}}
    SidecarDeployment("web", merged(BASIC, arguments))
    k8s.core.v1.Secret("other", string_data={"password": "hunter2"})
    k8s.networking.v1.Ingress("i", spec={"rules": [{"host": secret}], "defaultBackend": {"service": {"name": "web"}}})


def test_no_secret_is_shown() -> None:
    survey = surveyed(with_secrets)
    everything_said = svg.draw(survey, "", words.summary(survey)) + mermaid.draw(survey) + repr(survey)
    assert "hunter2" not in everything_said
    assert "PRIVATE KEY" not in everything_said
    assert "REDACTED" in everything_said


def write(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (folder / "__main__.py").write_text(text)
    return folder


def test_files_and_formats(tmp_path: Path) -> None:
    program = write(tmp_path / "p", "import pulumi_kubernetes as k\nk.core.v1.Namespace('n')\n")
    assert command("graph", program).stdout.startswith("<svg")
    assert command("graph", program, "-o", tmp_path / "a.svg").exit_code == 0
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
    assert command("graph", program, "-o", tmp_path / "a.mmd").exit_code == 0
    assert (tmp_path / "a.mmd").read_text().startswith("flowchart")
    assert command("graph", program, "-o", tmp_path / "a.txt", "--format", "svg").exit_code == 0
    unknown = command("graph", program, "-o", tmp_path / "a.png")
    assert (unknown.exit_code, "let it end with .svg or .mmd" in unknown.stderr) == (2, True)
    assert command("graph", program, "-o", tmp_path / "none" / "a.svg").exit_code == 2


@pytest.mark.parametrize("name", ["graph", "explain"])
def test_exit_codes(name: str, tmp_path: Path) -> None:
    assert command(name, write(tmp_path / "bad", "raise ValueError('no')")).exit_code == 1
    assert command(name, tmp_path).exit_code == 2
    chart = "import pulumi_kubernetes as k\nk.helm.v4.Chart('c', chart='x')\nk.core.v1.Namespace('team')\n"
    partly = command(name, write(tmp_path / "partly", chart))
    assert partly.exit_code == 0
    assert "note: left out" in partly.stderr
    assert "team" in partly.stdout
    wanting = "import pulumi\npulumi.StackReference('acme/x/prod')\nraise ValueError('no')"
    assert command(name, write(tmp_path / "wanting", wanting)).exit_code == 3


def test_words_have_no_colour_where_nobody_sees_it() -> None:
    result = command("explain", REPOSITORY / "examples" / "https_nginx")
    assert "\x1b" not in result.stdout


def test_an_ended_certificate_is_said_to_have_ended() -> None:
    from datetime import UTC, datetime, timedelta

    run = offline.run(lambda: SidecarDeployment("web", merged(BASIC, {})) and None)
    later = words.sections(read(run, datetime.now(UTC) + timedelta(days=91)).workloads[0])
    assert any("it HAS ENDED" in line for _, lines in later for line in lines)

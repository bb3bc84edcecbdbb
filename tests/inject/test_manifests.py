"""Manifests shaped after what people run: each says in its first lines what it stands for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner, Result

from pulumi_sidecar.cli import main

MANIFESTS = Path(__file__).parent / "manifests"
OPTIONS: dict[str, list[str]] = {
    "docs_guestbook": ["--workload", "frontend"],
    "grafana_chart": ["--container", "grafana"],
}
"""What the manifest does not tell by itself."""
ARGUMENTS: dict[str, dict[str, Any]] = {
    "node_exporter_chart": {"proxy": {"kind": "nginx", "https_port": 19100, "status_port": 19101}},
    "docs_cron_job": {
        "sidecars": {
            "shipper": {
                "image": "shipper:1",
                "lifecycle": "native",
                "volume_mounts": [{"volume": "logs", "mount_path": "/logs", "read_only": True}],
            }
        }
    },
}
WITHOUT_SERVICE = {"docs_deployment", "docs_cron_job", "one_line"}
MADE_FOR = "pulumi-sidecar/made-for"


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["inject", *args], input=stdin)


def options(file: Path, folder: Path) -> list[str]:
    found = list(OPTIONS.get(file.stem, []))
    if file.stem in ARGUMENTS:
        arguments = folder / "arguments.yaml"
        arguments.write_text(yaml.safe_dump(ARGUMENTS[file.stem]))
        found += ["--args", str(arguments)]
    return found + ([] if file.stem == "docs_cron_job" else ["--secret", "web-tls"])


def objects(text: str) -> list[Any]:
    """As kubectl reads them: what begins with a brace is JSON, and nothing else follows."""
    found = [json.loads(text)] if text.startswith("{") else [each for each in yaml.safe_load_all(text) if each]
    return [item for each in found for item in (each["items"] if each["kind"] == "List" else [each])]


@pytest.mark.parametrize("end", ["\n", ""], ids=["", "no_line_break_at_the_end"])
@pytest.mark.parametrize("file", sorted(MANIFESTS.iterdir()), ids=lambda file: file.stem)
def test_in_once_more_and_out_again(file: Path, end: str, tmp_path: Path) -> None:
    before = file.read_text().rstrip("\n") + end
    assert "Stands for" in before
    asked = options(file, tmp_path)
    first = run("-f", "-", *asked, stdin=before)
    assert first.exit_code == 0, first.stderr
    assert run("-f", "-", *asked, stdin=first.stdout).stdout == first.stdout
    assert run("-f", "-", "--eject", stdin=first.stdout).stdout == before  # byte for byte
    found = objects(first.stdout)
    for each in found:
        if "status" not in each:
            kubernetes_validate.validate(each, "1.34", strict=True)
    assert sum("pulumi-sidecar/injected" in json.dumps(each) for each in found) == (
        1 if file.stem in WITHOUT_SERVICE else 2
    )
    assert "PRIVATE KEY" not in first.stdout


REWRITTEN = {
    "sorted": yaml.safe_dump_all,
    "as_they_come": lambda found: yaml.safe_dump_all(found, sort_keys=False, indent=4),
    "list": lambda found: yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": found}),
    "json": lambda found: json.dumps({"apiVersion": "v1", "kind": "List", "items": found}, indent=4, sort_keys=True),
}
"""What other tools make of objects (kubectl, kustomize)."""


@pytest.mark.parametrize("tool", REWRITTEN)
@pytest.mark.parametrize("file", sorted(MANIFESTS.iterdir()), ids=lambda file: file.stem)
def test_out_and_in_again_when_others_have_written_it_anew(file: Path, tool: str, tmp_path: Path) -> None:
    asked, before = options(file, tmp_path), objects(file.read_text())
    injected = objects(run("-f", str(file), *asked).stdout)
    text = REWRITTEN[tool](injected)
    back = run("-f", "-", "--eject", stdin=text)
    assert (back.exit_code, objects(back.stdout)) == (0, before), back.stderr
    again = run("-f", "-", *asked, stdin=text)
    assert (again.exit_code, bare(objects(again.stdout))) == (0, bare(injected)), again.stderr


def bare(found: list[Any]) -> list[str]:
    """Without the record of how the text was spelled, and in one order."""
    for each in found:
        for holder in (each, each.get("spec", {}).get("template", {})):
            (holder.get("metadata", {}).get("annotations") or {}).pop("pulumi-sidecar/injected", None)
    return sorted(json.dumps(each, sort_keys=True) for each in found)


def test_a_key_is_written_only_where_it_is_asked_for() -> None:
    file = str(MANIFESTS / "docs_deployment.yaml")
    refused = run("-f", file, "--generate")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--write-generated-key" in refused.stderr
    assert "PRIVATE KEY" in run("-f", file, "--generate", "--write-generated-key").stdout


def test_cert_manager_makes_the_certificate() -> None:
    made = run("-f", str(MANIFESTS / "podinfo_chart.yaml"), "--cluster-issuer", "letsencrypt", "-n", "shop")
    (certificate,) = [each for each in objects(made.stdout) if each["kind"] == "Certificate"]
    assert certificate["spec"]["issuerRef"]["kind"] == "ClusterIssuer"
    assert "podinfo.shop.svc" in certificate["spec"]["dnsNames"]
    assert certificate["spec"]["secretName"] in made.stdout.split("kind: Certificate")[0]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "where does the certificate come from"),
        (["--secret", "a", "--issuer", "b"], "exclude each other"),
        (["--secret", "a", "--workload", "api"], "no workload is called 'api'"),
        (["--secret", "a", "--container", "api"], "none of the workload's containers"),
        (["--secret", "not a name"], "tls.name"),
        (["--secret", "a", "--service-ports", "point", "--service", "other"], 'no Service is called "other"'),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_written(args: list[str], said: str) -> None:
    result = run("-f", str(MANIFESTS / "podinfo_chart.yaml"), *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_in_place(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    before = (MANIFESTS / "kompose.yaml").read_bytes().replace(b"\n", b"\r\n")
    file.write_bytes(before)
    assert run("-f", str(file), "-i", "--secret", "a").exit_code == 0
    assert b"proxy-tls" in file.read_bytes()
    assert run("-f", str(file), "-i", "--eject").exit_code == 0
    assert file.read_bytes() == before


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def test_who_may_read_a_file_follows_from_what_it_holds(tmp_path: Path) -> None:
    web, plain, output = tmp_path / "web.yaml", tmp_path / "plain.yaml", tmp_path / "out.yaml"
    text = (MANIFESTS / "kompose.yaml").read_text()
    web.write_text(text)
    plain.write_text("kind: Other\n")
    written = plain.stat().st_ino
    both = ["-f", str(web), "-f", str(plain)]
    assert run(*both, "-i", "--generate", "--write-generated-key").exit_code == 0
    assert (mode(web), mode(plain), plain.stat().st_ino) == (0o600, 0o644, written)
    more = "apiVersion: v1\nkind: Pod\nmetadata: {name: two, labels: {}}\n"
    more += "spec: {containers: [{name: a, ports: [{containerPort: 80}]}]}\n"
    web.write_text(web.read_text() + "---\n" + more)
    assert run("-f", str(web), "--workload", "two", "--secret", "x", "-o", str(output)).exit_code == 0
    assert "tls.key" in output.read_text()
    assert mode(output) == 0o600
    output.unlink()
    assert run("-f", str(plain), "--eject", "-o", str(output)).exit_code == 0
    assert mode(output) == 0o644


def test_a_second_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text((MANIFESTS / "kompose.yaml").read_text())
    (tmp_path / "b.yaml").write_text("\ufeff---\nkind: B\n")
    result = run("-f", str(tmp_path / "a.yaml"), "-f", str(tmp_path / "b.yaml"), "--secret", "a")
    assert "\ufeff" not in result.stdout
    assert objects(result.stdout)[-1] == {"kind": "B"}


@pytest.mark.parametrize("restarts", ["Never", "OnFailure", "Always"])
def test_a_pod_that_ends(restarts: str) -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {}}\nspec:\n"
    text += f"  restartPolicy: {restarts}\n  containers:\n  - name: web\n    ports: [{{containerPort: 80}}]\n"
    result = run("-f", "-", "--secret", "a", stdin=text)
    assert result.exit_code == (0 if restarts == "Always" else 2)
    told = f'proxy.lifecycle: must be "native": a pod with restartPolicy "{restarts}" would never end'
    assert (told in result.stderr) == (restarts != "Always")


def test_several_files_in_one_stream(tmp_path: Path) -> None:
    files = {
        "list.json": (MANIFESTS / "kubectl_get.json").read_text(),
        "directive.yaml": "%YAML 1.1\n---\nkind: A\n",
        "plain.yaml": "kind: B\n",
    }
    asked = []
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        asked += ["-f", str(tmp_path / name)]
    found = objects(run(*asked, "--secret", "a").stdout)
    assert [each["kind"] for each in found] == ["Deployment", "Service", "ConfigMap", "A", "B"]


def test_anchors_that_reach_too_far_are_refused() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: &m {name: web, annotations: {}}\nspec:\n"
        "  containers:\n  - name: web\n    ports: [{containerPort: 80}]\nother: *m\n"
    )
    result = run("-f", "-", "--secret", "a", stdin=text)
    assert result.exit_code == 2
    assert "anchors" in result.stderr

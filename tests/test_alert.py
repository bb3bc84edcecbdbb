"""The warning for the month in which nobody runs `pulumi up`: an exporter that sees no key, and a rule that alerts."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from pulumi_sidecar import ArgumentsError
from pulumi_sidecar.alert import config
from pulumi_sidecar.args.alert import CertificateAlert
from tests.conftest import Deploy, Run
from tests.support.security import assert_hardened

ON: dict[str, Any] = {"certificate_alert": {}}
RULE: dict[str, Any] = {"certificate_alert": {"prometheus_rule": True, "labels": {"release": "prometheus"}}}


def pod(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run.one("Deployment").inputs["spec"]["template"]["spec"]
    return found


def exporter(run: Run) -> dict[str, Any]:
    (found,) = [each for each in pod(run)["containers"] if each["name"] == "certificate-exporter"]
    return dict(found)


def test_by_default_there_is_none(deploy: Deploy) -> None:
    run = deploy()
    assert [each["name"] for each in pod(run)["containers"]] == ["app", "proxy"]
    assert "certificate-exporter.yaml" not in run.one("ConfigMap").inputs["data"]


def test_the_exporter_sees_the_certificate_and_not_the_key(deploy: Deploy) -> None:
    run = deploy(ON)
    volumes = {each["name"]: each for each in pod(run)["volumes"]}
    mounts = {each["name"]: each for each in exporter(run)["volumeMounts"]}
    assert mounts.keys() == {"exporter-config", "exporter-certificate"}
    assert all(each["readOnly"] for each in mounts.values())
    secret = volumes["exporter-certificate"]["secret"]
    assert secret["items"] == [{"key": "tls.crt", "path": "tls.crt"}]
    assert secret["secretName"] == volumes["proxy-tls"]["secret"]["secretName"]
    assert [each["key"] for each in volumes["exporter-config"]["configMap"]["items"]] == ["certificate-exporter.yaml"]


def test_its_configuration_reads_the_mounted_file(deploy: Deploy) -> None:
    run = deploy({"certificate_alert": {"port": 9999}})
    mounts = {each["name"]: each["mountPath"] for each in exporter(run)["volumeMounts"]}
    text = run.one("ConfigMap").inputs["data"]["certificate-exporter.yaml"]
    found = yaml.safe_load(text)
    assert found["sources"][0]["paths"] == [f"{mounts['exporter-certificate']}/tls.crt"]
    assert found["server"]["listen"] == ":9999"
    assert exporter(run)["args"] == [f"--config={mounts['exporter-config']}/certificate-exporter.yaml"]
    assert exporter(run)["ports"] == [{"name": "certificates", "containerPort": 9999}]
    assert yaml.safe_load(config(CertificateAlert())) == yaml.safe_load(text.replace("9999", "9793"))


def test_restricted_admits_it(deploy: Deploy) -> None:
    found = exporter(deploy(ON))
    assert_hardened(found)
    assert found["securityContext"]["runAsUser"] == 65534


def test_it_is_no_port_of_the_service_and_nobody_waits_for_it(deploy: Deploy) -> None:
    run = deploy(ON)
    assert [each["name"] for each in run.one("Service").inputs["spec"]["ports"]] == ["https"]
    assert not [key for key in exporter(run) if key.endswith("Probe")]


def test_objects_of_the_operator_only_on_request(deploy: Deploy) -> None:
    assert not deploy(ON).all("PodMonitor") + deploy(ON).all("PrometheusRule")
    run = deploy({**RULE, "namespace": "shop"})
    monitor, rule = run.one("PodMonitor"), run.one("PrometheusRule")
    for each in (monitor, rule):
        assert each.inputs["apiVersion"] == "monitoring.coreos.com/v1"
        assert each.inputs["metadata"]["namespace"] == "shop"
        assert each.inputs["metadata"]["labels"]["release"] == "prometheus"
        assert not each.secret_paths
    spec = monitor.inputs["spec"]
    assert spec["selector"] == {"matchLabels": {"pulumi-sidecar/component": "web"}}
    assert spec["podMetricsEndpoints"][0]["port"] == "certificates"
    labels = run.one("Deployment").inputs["spec"]["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("days", [1, 14, 29])
def test_the_rule(deploy: Deploy, days: int) -> None:
    run = deploy({"certificate_alert": {"prometheus_rule": True, "alert_days": days}, "namespace": "shop"})
    (group,) = run.one("PrometheusRule").inputs["spec"]["groups"]
    (rule,) = group["rules"]
    assert rule["expr"] == (
        "min by (namespace, pulumi_sidecar_component, subject_CN) "
        '(x509_cert_not_after{namespace="shop",pulumi_sidecar_component="web"} - time()) '
        f"< {days * 86400}"
    )
    assert run.one("PodMonitor").inputs["spec"]["podTargetLabels"] == ["pulumi-sidecar/component"]
    assert "{{ $value | humanizeDuration }}" in rule["annotations"]["description"]


def test_an_unset_namespace_is_the_providers(deploy: Deploy) -> None:
    run = deploy(RULE, namespace="team-a")
    assert 'namespace="team-a"' in run.one("PrometheusRule").inputs["spec"]["groups"][0]["rules"][0]["expr"]


@pytest.mark.parametrize("tls", [{"kind": "secret", "name": "theirs"}, {"kind": "cert_manager", "issuer": "x"}])
def test_with_secrets_of_others(deploy: Deploy, tls: dict[str, Any]) -> None:
    run = deploy({"tls": tls, **ON})
    volumes = {each["name"]: each for each in pod(run)["volumes"]}
    name = "theirs" if tls["kind"] == "secret" else "web-cert-manager-tls"
    assert volumes["exporter-certificate"]["secret"]["secretName"] == name


CLASH: dict[str, tuple[dict[str, Any], str]] = {
    "off": ({"tls": {"kind": "off"}, **ON}, "certificate_alert"),
    "before the renewal": ({"certificate_alert": {"alert_days": 30}}, "certificate_alert.alert_days"),
    "another's port": ({"certificate_alert": {"port": 8080}}, "certificate_alert.port"),
    "another's name": (
        {**ON, "sidecars": {"certificate-exporter": {"image": "a"}}},
        'sidecars["certificate-exporter"]',
    ),
    "another port of its name": (
        {**ON, "sidecars": {"a": {"image": "a", "ports": {"certificates": 9999}}}},
        'sidecars["a"].ports["certificates"]',
    ),
    "another's volume": (
        {**ON, "volumes": {"exporter-config": {"kind": "empty_dir"}}},
        'volumes["exporter-config"]',
    ),
}


@pytest.mark.parametrize("clash", CLASH)
def test_what_does_not_go_together(deploy: Deploy, clash: str) -> None:
    changes, path = CLASH[clash]
    with pytest.raises(ArgumentsError) as caught:
        deploy(changes)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_its_port_is_left_to_it(deploy: Deploy) -> None:
    run = deploy({"certificate_alert": {"port": 9443}})
    (proxy,) = [each for each in pod(run)["containers"] if each["name"] == "proxy"]
    assert {each["name"]: each["containerPort"] for each in proxy["ports"]}["status"] == 9444

"""What the proxy counts: the exporter beside it, and how Prometheus finds it."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_sidecar import ArgumentsError, layout
from tests.conftest import Deploy, Run
from tests.support.security import assert_hardened

ON: dict[str, Any] = {"metrics": {}}
MONITOR: dict[str, Any] = {
    "metrics": {"exporter": {"scrape": "pod_monitor", "labels": {"release": "prometheus"}, "interval_seconds": 15}}
}


def template(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run.one("Deployment").inputs["spec"]["template"]
    return found


def exporter(run: Run) -> dict[str, Any]:
    (found,) = [each for each in template(run)["spec"]["containers"] if each["name"] == "metrics-exporter"]
    return dict(found)


def config(run: Run, kind: str) -> str:
    return str(run.one("ConfigMap").inputs["data"]["nginx.conf" if kind == "nginx" else "httpd.conf"])


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_by_default_nobody_counts(deploy: Deploy, kind: str) -> None:
    run = deploy({"proxy": {"kind": kind}})
    assert [each["name"] for each in template(run)["spec"]["containers"]] == ["app", "proxy"]
    assert "9145" not in config(run, kind)
    assert not [key for key in template(run)["metadata"]["annotations"] if key.startswith("prometheus.io")]


@pytest.mark.parametrize(
    ("kind", "image", "question"),
    [
        ("nginx", "nginx/nginx-prometheus-exporter", "--nginx.scrape-uri=http://127.0.0.1:9145/stub_status"),
        ("apache", "lusotycoon/apache-exporter", "--scrape_uri=http://127.0.0.1:9145/server-status?auto"),
    ],
)
def test_the_exporter_asks_where_the_proxy_tells(deploy: Deploy, kind: str, image: str, question: str) -> None:
    run = deploy({**ON, "proxy": {"kind": kind}})
    found = exporter(run)
    assert image in found["image"]
    assert found["args"] == [question, "--web.listen-address=:9113"]
    assert found["ports"] == [{"name": layout.METRICS, "containerPort": 9113}]
    assert "listen 127.0.0.1:9145" in config(run, kind).lower()


def test_its_port_is_none_of_the_services_and_the_counts_are_none_of_the_proxys_ports(deploy: Deploy) -> None:
    run = deploy(ON)
    assert [port["name"] for port in run.one("Service").inputs["spec"]["ports"]] == ["https"]
    (proxy,) = [each for each in template(run)["spec"]["containers"] if each["name"] == "proxy"]
    assert [port["name"] for port in proxy["ports"]] == ["https", "status"]


def test_restricted_admits_it(deploy: Deploy) -> None:
    found = exporter(deploy(ON))
    assert_hardened(found)
    assert found["securityContext"]["runAsUser"] == 65534


def test_the_usual_annotations_of_the_pods_alone(deploy: Deploy) -> None:
    run = deploy({"metrics": {"exporter": {"port": 9200}}, "annotations": {"prometheus.io/path": "/mine"}})
    found = template(run)["metadata"]["annotations"]
    assert found["prometheus.io/scrape"] == "true"
    assert found["prometheus.io/port"] == "9200"
    assert found["prometheus.io/path"] == "/mine"
    assert "prometheus.io/port" not in run.one("Deployment").inputs["metadata"]["annotations"]


def test_a_pod_monitor(deploy: Deploy) -> None:
    run = deploy(MONITOR)
    monitor = run.one("PodMonitor").inputs
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["podMetricsEndpoints"] == [{"port": "metrics", "interval": "15s"}]
    assert monitor["spec"]["selector"] == {"matchLabels": {"pulumi-sidecar/component": "web"}}
    assert not [key for key in template(run)["metadata"]["annotations"] if key.startswith("prometheus.io")]


def test_a_monitor_for_certificates_beside_it(deploy: Deploy) -> None:
    run = deploy({**MONITOR, "certificate_alert": {"prometheus_rule": True}})
    found = {each.name: each.inputs["spec"]["podMetricsEndpoints"][0]["port"] for each in run.all("PodMonitor")}
    assert found == {"web-metrics": "metrics", "web-monitor": "certificates"}


def test_counts_for_an_exporter_of_ones_own(deploy: Deploy) -> None:
    run = deploy({"metrics": {"exporter": False, "local_port": 9000}})
    assert [each["name"] for each in template(run)["spec"]["containers"]] == ["app", "proxy"]
    assert "listen 127.0.0.1:9000" in config(run, "nginx")
    assert not [key for key in template(run)["metadata"]["annotations"] if key.startswith("prometheus.io")]


def test_the_local_port_moves_out_of_the_way(deploy: Deploy) -> None:
    assert "listen 127.0.0.1:9146" in config(deploy({**ON, "app": {"port": 9145}}), "nginx")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"metrics": {"exporter": {"port": 8080}}}, "metrics.exporter.port"),
        ({"metrics": {"local_port": 8080}}, "metrics.local_port"),
        ({"metrics": {"local_port": 9113}}, "metrics.exporter.port"),
        ({**ON, "sidecars": {"metrics-exporter": {"image": "a"}}}, 'sidecars["metrics-exporter"]'),
        ({**ON, "sidecars": {"a": {"image": "a", "ports": {"metrics": 9999}}}}, 'sidecars["a"].ports["metrics"]'),
        ({**ON, "proxy": None, "sidecars": {"log": {"image": "log:1"}}}, "metrics"),
        ({"metrics": {"exporter": {"labels": {"a": "b"}}}}, "metrics.exporter"),
        ({"metrics": {"exporter": {"interval_seconds": 5}}}, "metrics.exporter"),
    ],
)
def test_what_does_not_go_together(deploy: Deploy, changes: dict[str, Any], path: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        deploy(changes)
    assert path in [problem.path for problem in caught.value.problems]


def test_a_network_policy_lets_prometheus_in(deploy: Deploy) -> None:
    peers = {"network_policy": {"allow_metrics_from": [{"kind": "pods", "match_labels": {"app": "prometheus"}}]}}
    _, metrics = deploy({**ON, **peers}).one("NetworkPolicy").inputs["spec"]["ingress"]
    assert [port["port"] for port in metrics["ports"]] == [9113]

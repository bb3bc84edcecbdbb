"""The pod: what Pod Security asks for, probes, volumes, labels, times, environment, resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from tests.support.pods import OTHERS, container, pod, restricted, template

if TYPE_CHECKING:
    from tests.conftest import Deploy, Runner

# --- probes -----------------------------------------------------------------------------------------------------------


def test_readiness_goes_through_the_app_and_liveness_does_not(deploy: Deploy) -> None:
    proxy = container(deploy(), "proxy")
    assert proxy["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert proxy["livenessProbe"]["httpGet"]["path"] == "/alive"
    assert proxy["startupProbe"]["httpGet"]["path"] == "/alive"
    for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
        assert proxy[probe]["httpGet"]["scheme"] == "HTTPS"
        assert proxy[probe]["httpGet"]["port"] == "status"
        assert proxy[probe]["timeoutSeconds"] >= 5
        assert proxy[probe]["failureThreshold"] >= 3


def test_the_app_has_no_probe_beside_a_proxy(deploy: Deploy) -> None:
    app = container(deploy(), "app")
    assert not {"readinessProbe", "livenessProbe", "startupProbe"} & set(app)
    assert not app.get("ports")


# --- labels -----------------------------------------------------------------------------------------------------------


def test_labels_of_ones_own_are_everywhere_but_in_the_selector(deploy: Deploy) -> None:
    run = deploy({"labels": {"team": "shop"}})
    for kind in ("Deployment", "Service", "ConfigMap", "Secret"):
        assert run.one(kind).inputs["metadata"]["labels"]["team"] == "shop", kind
    assert template(run)["metadata"]["labels"]["team"] == "shop"
    spec = run.one("Deployment").inputs["spec"]
    assert "team" not in spec["selector"]["matchLabels"]
    assert "team" not in run.one("Service").inputs["spec"]["selector"]


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"app.kubernetes.io/name": "other", "app.kubernetes.io/managed-by": "me"},
        {"app": "web", "web": "app"},
    ],
)
def test_labels_of_ones_own_cannot_break_the_selector(deploy: Deploy, labels: dict[str, str]) -> None:
    run = deploy({"labels": labels})
    selector = run.one("Deployment").inputs["spec"]["selector"]["matchLabels"]
    assert selector == run.one("Service").inputs["spec"]["selector"] == {"pulumi-sidecar/component": "web"}
    assert selector.items() <= template(run)["metadata"]["labels"].items()
    assert labels.items() <= template(run)["metadata"]["labels"].items()


def test_the_selector_does_not_follow_other_arguments(deploy: Deploy) -> None:
    changed = deploy({"labels": {"a": "b"}, "replicas": 3, "app": {"image": "x"}, "namespace": "n"})
    before, after = (run.one("Deployment").inputs["spec"]["selector"] for run in (deploy(), changed))
    assert before == after


def test_a_late_label(run: Runner) -> None:
    def program() -> None:
        from pulumi_sidecar import SidecarDeployment

        SidecarDeployment(
            "web",
            {
                "app": {"image": "a", "port": 8080},
                "proxy": {"kind": "nginx"},
                "labels": {"team": pulumi.Output.from_input("shop")},
            },
        )

    assert template(run(program))["metadata"]["labels"]["team"] == "shop"


def test_annotations_are_on_the_pods_too(deploy: Deploy) -> None:
    run = deploy({"annotations": {"example.com/a": "b"}})
    assert run.one("Deployment").inputs["metadata"]["annotations"] == {"example.com/a": "b"}
    annotations = template(run)["metadata"]["annotations"]
    assert annotations.pop("example.com/a") == "b"
    assert [len(value) for value in annotations.values()] == [64]


# --- the end ----------------------------------------------------------------------------------------------------------


def test_the_app_outlives_the_proxy(deploy: Deploy) -> None:
    run = deploy({"drain_seconds": 20, "app": {"stop_seconds": 7}})
    app, proxy = (container(run, name)["lifecycle"]["preStop"]["sleep"]["seconds"] for name in ("app", "proxy"))
    assert app == proxy + 20 + 1
    assert proxy == 5
    assert pod(run)["terminationGracePeriodSeconds"] >= app + 7 + 5


@pytest.mark.parametrize("more", [{}, {"drain_by": "exec"}, {"proxy": None}])
def test_what_the_app_may_need_goes_on_as_long_as_the_app(deploy: Deploy, more: dict[str, Any]) -> None:
    run = deploy({**OTHERS, **more})
    assert container(run, "log")["lifecycle"] == container(run, "app")["lifecycle"]
    assert "lifecycle" not in container(run, "agent")  # a native one ends after the app
    assert "lifecycle" not in container(run, "fill")


def test_readiness_of_an_app_without_a_proxy(deploy: Deploy) -> None:
    asked = {"health_path": "/health", "health_host": "shop.example.com"}
    probe = container(deploy({**OTHERS, "proxy": None, "app": asked}), "app")["readinessProbe"]
    headers = [{"name": "Host", "value": "shop.example.com"}]
    assert probe["httpGet"] == {"path": "/health", "port": "http", "httpHeaders": headers}


@pytest.mark.parametrize(
    ("kind", "pid_file", "signals"), [("nginx", "nginx.pid", "kill -HUP"), ("apache", "httpd.pid", "kill -USR1")]
)
def test_a_native_proxy(deploy: Deploy, kind: str, pid_file: str, signals: str) -> None:
    run = deploy({**OTHERS, "drain_seconds": 20, "proxy": {"kind": kind, "lifecycle": "native"}})
    assert [each["name"] for each in pod(run)["initContainers"]] == ["agent", "fill", "proxy"]
    assert [each["name"] for each in pod(run)["containers"]] == ["app", "log"]
    proxy = container(run, "proxy")
    assert proxy["restartPolicy"] == "Always"
    # The app starts only after this: it must not lead through the app.
    assert proxy["startupProbe"]["httpGet"]["path"] == "/alive"
    assert proxy["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert restricted(pod(run)) == []
    folder = "/etc/pulumi-sidecar/proxy"
    assert proxy["lifecycle"]["preStop"] == {"exec": {"command": ["sh", f"{folder}/drain.sh"]}}
    script = run.one("ConfigMap").inputs["data"]["drain.sh"]
    waits = [line for line in script.splitlines() if line.startswith("sleep ")]
    assert waits == ["sleep 5", "sleep 20"]
    assert f"/run/pulumi-sidecar/{pid_file}" in script
    assert signals in script
    assert container(run, "app")["lifecycle"]["preStop"] == {"sleep": {"seconds": 26}}


def test_a_classic_proxy_has_no_script_to_drain(deploy: Deploy) -> None:
    assert "drain.sh" not in deploy().one("ConfigMap").inputs["data"]
    assert "restartPolicy" not in container(deploy(), "proxy")


def test_a_native_proxys_ports_are_numbers_to_the_service(deploy: Deploy) -> None:
    """Before Kubernetes 1.32 Services did not know the names of init containers' ports."""
    classic, native = (
        [
            (port["name"], port["targetPort"])
            for port in deploy({"proxy": {"lifecycle": kind, "redirect_http": True}})
            .one("Service")
            .inputs["spec"]["ports"]
        ]
        for kind in ("classic", "native")
    )
    assert classic == [("https", "https"), ("http", "http")]
    assert native == [("https", 8443), ("http", 8081)]


@pytest.mark.parametrize("lifecycle", ["classic", "native"])
def test_waiting_by_the_images_own_sleep(deploy: Deploy, lifecycle: str) -> None:
    run = deploy({"drain_by": "exec", "proxy": {"lifecycle": lifecycle}})
    app, proxy = (container(run, name)["lifecycle"]["preStop"] for name in ("app", "proxy"))
    assert app == {"exec": {"command": ["sleep", "16"]}}
    drain = ["sh", "/etc/pulumi-sidecar/proxy/drain.sh"]
    assert proxy == {"exec": {"command": ["sleep", "5"] if lifecycle == "classic" else drain}}


def test_a_rolling_update_never_has_fewer_pods(deploy: Deploy) -> None:
    strategy = deploy().one("Deployment").inputs["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


# --- environment ------------------------------------------------------------------------------------------------------


def test_environment(deploy: Deploy) -> None:
    env = {
        "PLAIN": "a",
        "EMPTY": "",
        "FROM_SECRET": {"secret": "db", "key": "password"},
        "FROM_CONFIG": {"config_map": "shop", "key": "currency"},
    }
    assert container(deploy({"app": {"env": env}}), "app")["env"] == [
        {"name": "PLAIN", "value": "a"},
        {"name": "EMPTY", "value": ""},
        {"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        {"name": "FROM_CONFIG", "valueFrom": {"configMapKeyRef": {"name": "shop", "key": "currency"}}},
    ]


def test_environment_models(deploy: Deploy) -> None:
    from pulumi_sidecar import ConfigMapKey, SecretKey

    env = {"A": SecretKey(secret="db", key="password"), "B": ConfigMapKey(config_map="shop", key="currency")}
    assert [set(each["valueFrom"]) for each in container(deploy({"app": {"env": env}}), "app")["env"]] == [
        {"secretKeyRef"},
        {"configMapKeyRef"},
    ]


def test_a_secret_stays_secret_in_the_environment(run: Runner) -> None:
    def program() -> None:
        from pulumi_sidecar import SidecarDeployment

        SidecarDeployment(
            "web",
            {
                "app": {"image": "a", "port": 8080, "env": {"A": pulumi.Output.secret("hunter2")}},
                "proxy": {"kind": "nginx"},
            },
        )

    seen = run(program)
    deployment = seen.one("Deployment")
    assert container(seen, "app")["env"] == [{"name": "A", "value": "hunter2"}]
    assert deployment.is_secret("spec", "template", "spec", "containers", 0, "env", 0, "value")


# --- the rest ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resources", "requests", "limits"),
    [
        ({"cpu": "500m", "memory": "2Gi"}, {"cpu": "500m", "memory": "2Gi"}, {"cpu": "500m", "memory": "2Gi"}),
        ({"memory": "2Gi"}, {"memory": "2Gi"}, {"memory": "2Gi"}),
        ({"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}}, {"cpu": "100m"}, {"memory": "1Gi"}),
        ({"requests": {"cpu": 1}, "limits": {"cpu": 2}}, {"cpu": "1"}, {"cpu": "2"}),
        ({"limits": {"memory": "1Gi"}}, None, {"memory": "1Gi"}),
    ],
)
def test_resources(deploy: Deploy, resources: dict[str, Any], requests: Any, limits: Any) -> None:
    found = container(deploy({"app": {"resources": resources}}), "app")["resources"]
    assert (found.get("requests"), found.get("limits")) == (requests, limits)


@pytest.mark.parametrize(
    "resources",
    [
        {"cpu": "1", "limits": {"cpu": "2"}},
        {"memory": "1Gi", "requests": {"cpu": "2"}},
        {"requests": {"cpu": "2"}, "limits": {"cpu": "1500m"}},
        {"requests": {"memory": "1Gi"}, "limits": {"memory": "1G"}},
    ],
)
def test_resources_that_contradict_themselves(deploy: Deploy, resources: dict[str, Any]) -> None:
    from pulumi_sidecar import ArgumentsError

    with pytest.raises(ArgumentsError, match=r"app\.resources: "):
        deploy({"app": {"resources": resources}})


def test_the_proxy_has_small_resources_and_no_cpu_limit(deploy: Deploy) -> None:
    resources = container(deploy(), "proxy")["resources"]
    assert resources == {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}}
    assert "resources" not in container(deploy(), "app")


def test_command_arguments_and_pull_policy(deploy: Deploy) -> None:
    app = container(
        deploy({"app": {"command": ["/bin/web"], "args": [], "image_pull_policy": "Always"}}),
        "app",
    )
    assert app["command"] == ["/bin/web"]
    assert app.get("args", []) == []
    assert app["imagePullPolicy"] == "Always"
    assert not {"command", "args", "imagePullPolicy"} & set(container(deploy(), "app"))


def test_pull_secrets(deploy: Deploy) -> None:
    assert pod(deploy({"image_pull_secrets": ["a", "b"]}))["imagePullSecrets"] == [{"name": "a"}, {"name": "b"}]
    assert "imagePullSecrets" not in pod(deploy())


def test_native_sidecars_restart_and_classic_ones_do_not_say(deploy: Deploy) -> None:
    run = deploy(OTHERS)
    assert container(run, "agent")["restartPolicy"] == "Always"
    assert "restartPolicy" not in container(run, "log")
    assert "restartPolicy" not in container(run, "fill")


def test_service_links_are_off(deploy: Deploy) -> None:
    assert pod(deploy())["enableServiceLinks"] is False

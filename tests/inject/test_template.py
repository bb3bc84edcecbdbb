"""The sidecar in pod templates of others: what is added, what is kept, what is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import kubernetes_validate
import pytest

from pulumi_sidecar import ArgumentsError
from pulumi_sidecar.inject.template import removed, with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, wanted
from tests.conftest import merged

BASIC: dict[str, Any] = {"app": {"port": 8080}, "proxy": {"kind": "nginx"}}
PLAN = wanted("web", BASIC).plan
NAMES = Mounted("web-config-1", "web-tls-1")
TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "initContainers": [{"name": "migrate", "image": "web:1", "command": ["migrate"]}],
        "containers": [
            {
                "name": "web",
                "image": "web:1",
                "ports": [{"name": "http", "containerPort": 8080}],
                "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
                "livenessProbe": {"tcpSocket": {"port": 8080}},
                "securityContext": {"runAsUser": 1000, "readOnlyRootFilesystem": True},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            }
        ],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        "securityContext": {"fsGroup": 2000},
        "serviceAccountName": "web",
    },
}


def inject(template: dict[str, Any], args: dict[str, Any] | None = None, kind: str = "Deployment") -> dict[str, Any]:
    asked = wanted("web", merged(BASIC, args or {}))
    found = with_sidecar(template, asked, NAMES, kind, 'SidecarInjection "web"')
    assert_valid(found.document)
    assert json.dumps(removed(found.document)) == json.dumps(template)  # the order of keys counts, too
    assert with_sidecar(found.document, asked, NAMES, kind, "again").document == found.document
    return found.document


def assert_valid(template: dict[str, Any]) -> None:
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    kubernetes_validate.validate(body, "1.34", strict=True)


def changed(**spec: Any) -> dict[str, Any]:
    return {**TEMPLATE, "spec": {**copy.deepcopy(TEMPLATE["spec"]), **spec}}


def problems(template: dict[str, Any], args: dict[str, Any] | None = None, kind: str = "Deployment") -> dict[str, str]:
    with pytest.raises(ArgumentsError) as caught:
        inject(template, args, kind)
    return {problem.path: str(problem) for problem in caught.value.problems}


# --- what is added, and what stays ------------------------------------------------------------------------------------


def test_everything_of_theirs_stays() -> None:
    before = copy.deepcopy(TEMPLATE)
    made = inject(TEMPLATE)
    assert before == TEMPLATE
    web, proxy = made["spec"]["containers"]
    assert web == {
        **TEMPLATE["spec"]["containers"][0],
        "lifecycle": {"preStop": {"sleep": {"seconds": PLAN.app_stop_delay_seconds}}},
    }
    assert proxy["name"] == "proxy"
    assert made["spec"]["initContainers"] == TEMPLATE["spec"]["initContainers"]
    assert made["spec"]["volumes"][:1] == TEMPLATE["spec"]["volumes"]
    for field in ("securityContext", "serviceAccountName"):
        assert made["spec"][field] == TEMPLATE["spec"][field]
    assert made["metadata"]["labels"] == TEMPLATE["metadata"]["labels"]


def test_the_proxy_is_the_components_own(deploy: Any) -> None:
    ours = deploy().one("Deployment").inputs["spec"]["template"]["spec"]["containers"][1]
    theirs = inject(TEMPLATE)["spec"]["containers"][1]
    numbers = {port["name"]: port["containerPort"] for port in ours["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        ours[probe]["httpGet"]["port"] = numbers[ours[probe]["httpGet"]["port"]]
    assert theirs == ours


def test_the_key_is_readable_by_the_group_or_where_there_is_none_by_the_proxys_user() -> None:
    def mode(template: dict[str, Any]) -> int:
        (tls,) = [each for each in inject(template)["spec"]["volumes"] if each["name"] == "proxy-tls"]
        return int(tls["secret"]["defaultMode"])

    assert mode(TEMPLATE) == 0o440
    assert mode(changed(securityContext={"runAsUser": 5})) == 0o444
    without = changed()
    del without["spec"]["securityContext"]
    assert mode(without) == 0o444
    assert "securityContext" not in inject(without)["spec"]  # a group of ours would chown their volumes


def test_the_grace_period_is_raised_and_never_lowered() -> None:
    def grace(there: int | None) -> Any:
        template = changed() if there is None else changed(terminationGracePeriodSeconds=there)
        return inject(template)["spec"].get("terminationGracePeriodSeconds")

    usual = PLAN.grace_seconds
    assert usual > 30
    assert [grace(there) for there in (None, 0, 30, usual, 600)] == [usual, usual, usual, usual, 600]
    long = inject(changed(terminationGracePeriodSeconds=30), {"drain_seconds": 60})
    assert long["spec"]["terminationGracePeriodSeconds"] == usual + 50
    short = wanted("web", merged(BASIC, {"drain_seconds": 1, "app": {"stop_seconds": 1}}))
    assert short.plan.grace_seconds < 30
    assert (
        "terminationGracePeriodSeconds"
        not in inject(changed(), {"drain_seconds": 1, "app": {"stop_seconds": 1}})["spec"]
    )


def test_a_pre_stop_hook_of_theirs_stays() -> None:
    hook = {"preStop": {"exec": {"command": ["/bin/stop"]}}}
    template = changed()
    template["spec"]["containers"][0]["lifecycle"] = hook
    assert inject(template)["spec"]["containers"][0]["lifecycle"] == hook
    template["spec"]["containers"][0]["lifecycle"] = {"postStart": {"exec": {"command": ["/bin/start"]}}}
    assert set(inject(template)["spec"]["containers"][0]["lifecycle"]) == {"postStart", "preStop"}
    assert "lifecycle" not in inject(changed(), {"app": {"stop_delay": False}})["spec"]["containers"][0]


def test_hooks_that_every_kubernetes_knows() -> None:
    hook = inject(TEMPLATE, {"drain_by": "exec"})["spec"]["containers"][0]["lifecycle"]["preStop"]
    assert hook == {"exec": {"command": ["sleep", str(PLAN.app_stop_delay_seconds)]}}


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_a_native_proxy(kind: str) -> None:
    made = inject(TEMPLATE, {"proxy": {"lifecycle": "native"}}, kind)
    assert [each["name"] for each in made["spec"]["containers"]] == ["web"]
    migrate, proxy = made["spec"]["initContainers"]
    assert (migrate["name"], proxy["name"], proxy["restartPolicy"]) == ("migrate", "proxy", "Always")
    assert made["spec"]["terminationGracePeriodSeconds"] > PLAN.grace_seconds


def test_port_names_that_are_taken_are_left_out() -> None:
    made = inject(TEMPLATE, {"tls": {"kind": "off"}})
    ports = made["spec"]["containers"][1]["ports"]
    assert ports == [{"containerPort": 8443}, {"containerPort": 9443, "name": "status"}]


def test_nothing_but_containers() -> None:
    assert inject({"spec": {"containers": [{"name": "web", "image": "web:1"}]}})["metadata"].keys() == {"annotations"}
    inject({"metadata": None, "spec": {"containers": [{"name": "web", "image": "w"}], "volumes": None}})


def test_other_arguments_take_the_place_of_the_first() -> None:
    first = inject(TEMPLATE)
    asked = wanted("web", merged(BASIC, {"proxy": {"kind": "apache"}, "drain_seconds": 30}))
    second = with_sidecar(first, asked, Mounted("other", "other-tls"), "Deployment", "again").document
    assert second == with_sidecar(TEMPLATE, asked, Mounted("other", "other-tls"), "Deployment", "afresh").document
    assert second["spec"]["containers"][1]["image"].startswith("docker.io/library/httpd")
    assert removed(second) == TEMPLATE


def test_uwsgi_on_a_shared_socket() -> None:
    made = inject(changed(securityContext={}), {"app": {"protocol": {"kind": "uwsgi"}, "port": None}})
    web, proxy = made["spec"]["containers"]
    env = {each["name"]: each["value"] for each in web["env"]}
    assert env["UWSGI_SOCKET"] == "/run/app/uwsgi.sock"
    assert env["UWSGI_CHMOD_SOCKET"] == "666"  # there is no common group
    assert {"name": "app-socket", "mountPath": "/run/app"} in web["volumeMounts"]
    assert {"name": "app-socket", "mountPath": "/run/app"} in proxy["volumeMounts"]
    grouped = inject(TEMPLATE, {"app": {"protocol": {"kind": "uwsgi"}, "port": None}})
    assert {"name": "UWSGI_CHMOD_SOCKET", "value": "660"} in grouped["spec"]["containers"][0]["env"]


def test_variables_and_folders_that_are_there_are_theirs() -> None:
    template = changed()
    web = template["spec"]["containers"][0]
    web["env"] = [{"name": "UWSGI_SOCKET", "value": "/run/app/mine.sock"}]
    web["volumeMounts"] = [{"name": "data", "mountPath": "/run/app/"}]
    made = inject(template, {"app": {"protocol": {"kind": "uwsgi", "socket": "/run/app/mine.sock"}, "port": None}})
    web, proxy = made["spec"]["containers"]
    assert web["env"][0] == {"name": "UWSGI_SOCKET", "value": "/run/app/mine.sock"}
    assert web["volumeMounts"] == [{"name": "data", "mountPath": "/run/app/"}]
    assert {"name": "data", "mountPath": "/run/app"} in proxy["volumeMounts"]
    assert "app-socket" not in [volume["name"] for volume in made["spec"]["volumes"]]


SHIPPER: dict[str, Any] = {
    "proxy": None,
    "app": {"volume_mounts": [{"volume": "logs", "mount_path": "/var/log/app"}], "port": None},
    "sidecars": {
        "shipper": {
            "image": "shipper:1",
            "lifecycle": "native",
            "volume_mounts": [{"volume": "logs", "mount_path": "/logs"}, {"volume": "data", "mount_path": "/data"}],
        }
    },
    "volumes": {"logs": {"kind": "empty_dir"}},
}


def test_a_classic_sidecar_goes_on_as_long_as_the_app_where_that_waits() -> None:
    with_proxy = inject(TEMPLATE, {"sidecars": {"db": {"image": "db:1"}}})
    hooks = {each["name"]: each.get("lifecycle") for each in with_proxy["spec"]["containers"]}
    assert hooks["db"] == hooks["web"] != hooks["proxy"]
    alone = inject(TEMPLATE, {"proxy": None, "sidecars": {"db": {"image": "db:1"}}})
    assert not any("lifecycle" in each for each in alone["spec"]["containers"])


@pytest.mark.parametrize("kind", ["Job", "CronJob", "Deployment"])
def test_a_log_shipper_that_lets_a_job_end(kind: str) -> None:
    made = inject(TEMPLATE, SHIPPER, kind)
    migrate, shipper = made["spec"]["initContainers"]
    assert migrate == TEMPLATE["spec"]["initContainers"][0]
    assert shipper["restartPolicy"] == "Always"
    assert len(made["spec"]["containers"]) == 1
    assert {"name": "logs", "mountPath": "/var/log/app"} in made["spec"]["containers"][0]["volumeMounts"]
    assert "terminationGracePeriodSeconds" not in made["spec"]
    assert "lifecycle" not in made["spec"]["containers"][0]


# --- which container is the app ---------------------------------------------------------------------------------------

TWO = changed(
    containers=[
        {"name": "metrics", "image": "m", "ports": [{"containerPort": 9100}]},
        {"name": "web", "image": "w", "ports": [{"containerPort": 8080}]},
    ]
)


def test_the_container_that_declares_the_port_is_the_app() -> None:
    made = inject(TWO)
    assert ["lifecycle" in each for each in made["spec"]["containers"][:2]] == [False, True]
    named = inject(TWO, {"app": {"container": "metrics"}})
    assert ["lifecycle" in each for each in named["spec"]["containers"][:2]] == [True, False]


def test_the_app_must_be_told_from_others() -> None:
    assert "One of metrics, web" in problems(TWO, {"app": {"port": 5000}})["app.container"]
    assert "none of the workload's containers" in problems(TWO, {"app": {"container": "api"}})["app.container"]


# --- what is refused --------------------------------------------------------------------------------------------------


def test_names_that_are_taken() -> None:
    container = {"name": "proxy", "image": "x"}
    assert "proxy" in problems(changed(containers=[*TEMPLATE["spec"]["containers"], container]))
    assert "proxy" in problems(changed(initContainers=[container]))
    volumes = [*TEMPLATE["spec"]["volumes"], {"name": "proxy-tls", "emptyDir": {}}]
    assert '"proxy-tls"' in problems(changed(volumes=volumes))["proxy"]
    both = problems(TEMPLATE, {**SHIPPER, "volumes": {"logs": {"kind": "empty_dir"}, "data": {"kind": "empty_dir"}}})
    assert 'volumes["data"]' in both


def test_ports_that_are_taken() -> None:
    template = changed()
    template["spec"]["containers"][0]["ports"] += [{"containerPort": 8443}, {"containerPort": 9443, "protocol": "UDP"}]
    assert 'container "web"' in problems(template)["proxy.https_port"]
    inject(template, {"proxy": {"https_port": 8444}})  # UDP is another matter


def test_ports_of_the_node_are_chosen_by_the_user() -> None:
    assert set(problems(changed(hostNetwork=True))) == {"proxy.https_port", "proxy.status_port"}
    inject(changed(hostNetwork=True), {"proxy": {"https_port": 18443, "status_port": 19443}})


@pytest.mark.parametrize("user", [0, 101])
@pytest.mark.parametrize("field", ["shareProcessNamespace", "hostPID"])
def test_users_who_could_read_the_key(user: int, field: str) -> None:
    template = changed(**{field: True, "securityContext": {"runAsUser": 1000}})
    inject(template)
    template["spec"]["containers"][0]["securityContext"] = {"runAsUser": user}
    assert f"is {user}, and with {field}" in problems(template)["spec.securityContext.runAsUser"]
    del template["spec"][field]
    inject(template)


@pytest.mark.parametrize("spec", [{"os": {"name": "windows"}}, {"nodeSelector": {"kubernetes.io/os": "windows"}}])
def test_windows(spec: dict[str, Any]) -> None:
    assert "for Linux" in problems(changed(**spec))["spec.os.name"]


@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_jobs_that_would_never_end(kind: str) -> None:
    classic = merged(SHIPPER, {"sidecars": {"shipper": {"lifecycle": "classic"}}})
    assert f"the {kind} would never end" in problems(TEMPLATE, classic, kind)['sidecars["shipper"].lifecycle']
    assert "proxy.lifecycle" in problems(TEMPLATE, None, kind)


def test_mounts() -> None:
    twice = {"app": {"volume_mounts": [{"volume": "data", "mount_path": "/data"}]}}
    assert "app.volume_mounts[0].mount_path" in problems(TEMPLATE, twice)
    unknown = {"app": {"volume_mounts": [{"volume": "logs", "mount_path": "/logs"}]}}
    assert "(data)" in problems(TEMPLATE, unknown)["app.volume_mounts[0].volume"]
    static = {"proxy": {"static": [{"url_path": "/static/", "volume": "files"}]}}
    assert "proxy.static[0].volume" in problems(TEMPLATE, static)
    template = changed()
    template["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/run/app", "readOnly": True}]
    assert "app.protocol.socket" in problems(template, {"app": {"protocol": {"kind": "uwsgi"}, "port": None}})


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ({}, "spec.containers"),
        ({"spec": {"containers": []}}, "spec.containers"),
        ({"spec": "x"}, "spec"),
        ({"spec": {"containers": ["x"]}}, "spec.containers[0]"),
        ({"spec": {"containers": [{"image": "x"}]}}, "spec.containers[0].name"),
        ({"spec": {"containers": [{"name": "x", "env": {}}]}}, "spec.containers[0].env"),
        ({"metadata": {"annotations": []}, "spec": {"containers": [{"name": "x"}]}}, "metadata.annotations"),
    ],
)
def test_no_pod_template(template: dict[str, Any], path: str) -> None:
    assert list(problems(template)) == [path]


def test_every_problem_at_once_and_before_anything_else() -> None:
    with pytest.raises(ArgumentsError) as caught:
        wanted("web", {"proxy": {"kind": "nginx"}, "service": {"ports": "point"}})
    assert {problem.path for problem in caught.value.problems} == {"app.port", "service.port"}
    assert str(caught.value).startswith('SidecarInjection "web": 2 arguments')
    with pytest.raises(ArgumentsError, match=r'app\.prot: is not an argument. Did you mean "port"'):
        wanted("web", {"app": {"prot": 1}, "proxy": {"kind": "nginx"}})

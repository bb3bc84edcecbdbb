"""From what the user wrote to arguments, or to one error that names every problem by its path."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from pulumi_sidecar import App, Nginx
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.errors import ArgumentsError, Problem
from tests.support.choices import cause

if TYPE_CHECKING:
    from tests.conftest import Runner

Basic = Callable[..., dict[str, Any]]


def problems(raw: Any) -> dict[str, Problem]:
    """The problems by path."""
    with pytest.raises(ArgumentsError) as caught:
        parse(SidecarDeploymentArgs, raw, "test")
    found = {problem.path: problem for problem in caught.value.problems}
    assert len(found) == len(caught.value.problems), str(caught.value)
    return found


def only(raw: Any) -> Problem:
    """The only problem."""
    found = problems(raw)
    assert len(found) == 1, found
    return next(iter(found.values()))


def test_dicts_and_models_mix(basic: Basic) -> None:
    plain = parse(SidecarDeploymentArgs, basic(), "test")
    mixed = parse(SidecarDeploymentArgs, {**basic(), "app": App(image="ghcr.io/acme/web:1.4", port=8080)}, "test")
    model = SidecarDeploymentArgs(app=App(image="ghcr.io/acme/web:1.4", port=8080), proxy=Nginx())
    assert plain == mixed == model == parse(SidecarDeploymentArgs, model, "test")


def test_arguments_are_frozen(basic: Basic) -> None:
    args = parse(SidecarDeploymentArgs, basic(), "test")
    with pytest.raises(Exception, match="frozen"):
        args.replicas = 2  # type: ignore[misc]


def test_what_the_user_passed_is_not_kept(basic: Basic) -> None:
    raw = basic(labels={"a": "b"}, app={"args": ["x"]})
    args = parse(SidecarDeploymentArgs, raw, "test")
    raw["labels"]["a"] = "c"
    raw["app"]["args"].append("y")
    assert (args.labels, args.app.args) == ({"a": "b"}, ("x",))


@pytest.mark.parametrize("raw", [None, 1, "x", [], (), object(), App, b"x"])
def test_neither_dict_nor_model(raw: Any) -> None:
    assert "must be a dict or SidecarDeploymentArgs" in only(raw).reason


def test_the_whole_as_an_output(run: Runner, basic: Basic) -> None:
    with pytest.raises(ArgumentsError, match=r"is an Output.*Outputs may stand for single values inside"):
        run(lambda: parse(SidecarDeploymentArgs, pulumi.Output.from_input(basic()), "test"))  # type: ignore[arg-type]


def test_nothing_at_all() -> None:
    problem = only({})
    assert (problem.path, problem.reason) == ("app", "is missing")


# --- paths ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"app": {"image": "A B"}}, "app.image"),
        ({"app": {"port": 0}}, "app.port"),
        ({"app": {"args": ["a", 1]}}, "app.args[1]"),
        ({"app": {"env": {"A": 1}}}, 'app.env["A"]'),
        ({"app": {"env": {"A": {"secret": "S", "key": "k"}}}}, 'app.env["A"].secret'),
        ({"app": {"env": {"A": {"config_map": "c", "key": "k k"}}}}, 'app.env["A"].key'),
        ({"app": {"env": {"A": {"secret": "s"}}}}, 'app.env["A"].key'),
        ({"app": {"env": {"A": {"secret": "s", "key": "k", "more": 1}}}}, 'app.env["A"].more'),
        ({"app": {"resources": {"memory": "2GB"}}}, "app.resources.memory"),
        ({"app": {"resources": {"limits": {"cpu": "x"}}}}, "app.resources.limits.cpu"),
        ({"app": {"resources": {"limits": 1}}}, "app.resources.limits"),
        ({"app": {"volume_mounts": [{"volume": "v", "mount_path": "v"}]}}, "app.volume_mounts[0].mount_path"),
        ({"app": {"volume_mounts": [{"volume": "v"}]}}, "app.volume_mounts[0].mount_path"),
        ({"app": {"volume_mounts": {"volume": "v"}}}, "app.volume_mounts"),
        ({"app": {"command": "run"}}, "app.command"),
        ({"app": {"user": "root"}}, "app.user"),
        ({"app": {"user": 0}}, "app.user"),
        ({"app": {"security": {"seccomp": "Localhost"}}}, "app.security.seccomp"),
        ({"app": {"security": {"add_capabilities": ["net_admin"]}}}, "app.security.add_capabilities[0]"),
        ({"proxy": {"hsts": True}}, "proxy.hsts"),
        ({"proxy": {"hsts": {"preload": "maybe"}}}, "proxy.hsts.preload"),
        ({"proxy": {"timeouts": {"read_seconds": 0}}}, "proxy.timeouts.read_seconds"),
        ({"proxy": {"access_log": "xml"}}, "proxy.access_log"),
        ({"proxy": {"https_port": 443}}, "proxy.https_port"),
        ({"tls": {"kind": "issued", "dns_names": ["a", "b c"]}}, "tls.dns_names[1]"),
        ({"volumes": {"v": {"kind": "secret"}}}, 'volumes["v"].name'),
        ({"volumes": {"v": {"kind": "empty_dir", "medium": "ssd"}}}, 'volumes["v"].medium'),
        ({"volumes": {"V V": {"kind": "empty_dir"}}}, 'volumes["V V"]'),
        ({"labels": {"a": "-"}}, 'labels["a"]'),
        ({"labels": {"a b": "c"}}, 'labels["a b"]'),
        ({"labels": {"example.com/a": 1}}, 'labels["example.com/a"]'),
        ({"service": {"type": "ExternalName"}}, "service.type"),
        ({"image_pull_secrets": "s"}, "image_pull_secrets"),
        ({"image_pull_secrets": ["s", "S"]}, "image_pull_secrets[1]"),
        ({"replicas": 2.5}, "replicas"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_path_is_what_the_user_wrote(basic: Basic, changes: dict[str, Any], path: str) -> None:
    problem = only(basic(changes))
    assert problem.path == path
    assert problem.reason
    assert problem.remedy.endswith((".", "?")), problem


def test_several_at_once(basic: Basic) -> None:
    raw = basic(app={"image": "A B", "prot": 1, "port": 0}, replicas=-1, labels={"a b": "c", "d": "-"}, nmaespace="x")
    assert set(problems(raw)) == {
        "app.image",
        "app.prot",
        "app.port",
        "replicas",
        'labels["a b"]',
        'labels["d"]',
        "nmaespace",
    }


# --- typos ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "path", "meant"),
    [
        ({"replica": 2}, "replica", "replicas"),
        ({"app": {"imgae": "a"}}, "app.imgae", "image"),
        ({"app": {"resources": {"memroy": "1Gi"}}}, "app.resources.memroy", "memory"),
        ({"app": {"resources": {"limits": {"mem": "1Gi"}}}}, "app.resources.limits.mem", "memory"),
        ({"app": {"security": {"run_as_nonroot": True}}}, "app.security.run_as_nonroot", "run_as_non_root"),
        ({"proxy": {"http_2": True}}, "proxy.http_2", "http2"),
        ({"proxy": {"hsts": {"include_sub_domains": True}}}, "proxy.hsts.include_sub_domains", "include_subdomains"),
        ({"proxy": {"timeouts": {"read_second": 1}}}, "proxy.timeouts.read_second", "read_seconds"),
        ({"tls": {"kind": "issued", "dns_name": []}}, "tls.dns_name", "dns_names"),
        ({"service": {"htttp_port": 1}}, "service.htttp_port", "http_port"),
        ({"volumes": {"v": {"kind": "config_map", "name": "c", "naem": "d"}}}, 'volumes["v"].naem', "name"),
        (
            {"app": {"volume_mounts": [{"volume": "v", "mount_path": "/v", "readonly": True}]}},
            "app.volume_mounts[0].readonly",
            "read_only",
        ),
        ({"app": {"env": {"A": {"secret": "s", "key": "k", "secert": 1}}}}, 'app.env["A"].secert', "secret"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_did_you_mean(basic: Basic, changes: dict[str, Any], path: str, meant: str) -> None:
    problem = only(basic(changes))
    assert (problem.path, problem.remedy) == (path, f'Did you mean "{meant}"?')


def test_a_strange_name_gets_the_known_ones(basic: Basic) -> None:
    assert only(basic(app={"resources": {"zzz": 1}})).remedy == "Known here: cpu, limits, memory, requests."


@pytest.mark.parametrize("name", [1, 1.5, None, ("a",), b"a"])
def test_a_name_that_is_no_string(basic: Basic, name: Any) -> None:
    assert problems({**basic(), name: 1})
    if not isinstance(name, bytes):  # pydantic takes bytes for a string
        assert problems(basic(app={"env": {name: "x"}}))


# --- alternatives -----------------------------------------------------------------------------------------------------


def test_a_kind_that_is_not_known(basic: Basic) -> None:
    problem = only(basic(volumes={"v": {"kind": "nfs"}}))
    assert problem.path == 'volumes["v"].kind'
    assert "'nfs'" in str(problem)
    for kind in ("config_map", "empty_dir", "persistent_volume_claim", "secret"):
        assert f"'{kind}'" in problem.remedy


def test_no_kind(basic: Basic) -> None:
    problem = only(basic(volumes={"v": {"name": "c"}}))
    assert problem.path == 'volumes["v"].kind'
    for kind in ("config_map", "empty_dir", "persistent_volume_claim", "secret"):
        assert f"'{kind}'" in problem.remedy


@pytest.mark.parametrize(("where", "path"), [("proxy", "proxy.kind"), ("tls", "tls.kind")])
def test_a_proxy_or_tls_kind_that_is_not_known(basic: Basic, where: str, path: str) -> None:
    problem = only(basic({where: {"kind": "zzz"}}))
    assert problem.path == path
    assert "'zzz'" in str(problem)


def test_a_wrong_alternative_is_one_problem(basic: Basic) -> None:
    problem = only(basic(app={"user": "x"}))
    assert problem.reason == "must be a whole number"
    assert "'image'" in problem.remedy


# --- Outputs where the shape is decided -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "path"),
    [
        (lambda v: {"app": {"port": v}}, "app.port"),
        (lambda v: {"app": {"user": v}}, "app.user"),
        (lambda v: {"app": {"health_path": v}}, "app.health_path"),
        (lambda v: {"app": {"env": v}}, "app.env"),
        (lambda v: {"app": {"args": v}}, "app.args"),
        (lambda v: {"app": {"security": {"seccomp": v}}}, "app.security.seccomp"),
        (lambda v: {"app": {"resources": v}}, "app.resources"),
        (lambda v: {"app": v}, "app"),
        (lambda v: {"proxy": v}, "proxy"),
        (lambda v: {"proxy": {"kind": v}}, "proxy.kind"),
        (lambda v: {"app": {"protocol": v}}, "app.protocol"),
        (lambda v: {"app": {"protocol": {"kind": v}}}, "app.protocol.kind"),
        (lambda v: {"tls": v}, "tls"),
        (lambda v: {"proxy": {"http2": v}}, "proxy.http2"),
        (lambda v: {"proxy": {"hsts": v}}, "proxy.hsts"),
        (lambda v: {"proxy": {"max_body_size": v}}, "proxy.max_body_size"),
        (lambda v: {"proxy": {"access_log": v}}, "proxy.access_log"),
        (lambda v: {"proxy": {"https_port": v}}, "proxy.https_port"),
        (lambda v: {"tls": {"kind": "issued", "validity_days": v}}, "tls.validity_days"),
        (lambda v: {"service": {"name": v}}, "service.name"),
        (lambda v: {"service": {"port": v}}, "service.port"),
        (lambda v: {"volumes": v}, "volumes"),
        (lambda v: {"volumes": {"v": v}}, 'volumes["v"]'),
        (lambda v: {"volumes": {"v": {"kind": v}}}, 'volumes["v"].kind'),
        (lambda v: {"drain_seconds": v}, "drain_seconds"),
        (lambda v: {"cluster_domain": v}, "cluster_domain"),
        (
            lambda v: {"app": {"volume_mounts": [{"volume": "v", "mount_path": v}]}},
            "app.volume_mounts[0].mount_path",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("secret", [False, True])
def test_an_output_where_the_shape_is_decided(run: Runner, basic: Basic, at: Any, path: str, secret: bool) -> None:
    def program() -> None:
        output = pulumi.Output.secret("8080") if secret else pulumi.Output.from_input("8080")
        parse(SidecarDeploymentArgs, basic(at(output)), "test")

    with pytest.raises(ArgumentsError) as caught:
        run(program)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert "is an Output, but decides the shape" in problem.reason
    assert "plain value" in problem.remedy


# --- what must not be shown -------------------------------------------------------------------------------------------

PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "value", [31337, 31337.5, ["hunter2"], {"password": "hunter2"}, {"secret": "S S", "key": 31337}]
)
def test_environment_values_are_not_shown(basic: Basic, value: Any) -> None:
    with pytest.raises(ArgumentsError) as caught:
        parse(SidecarDeploymentArgs, basic(app={"env": {"A": value}}), "test")
    assert "31337" not in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("key", ["hunter2", 31337, ["hunter2"]])
@pytest.mark.parametrize(
    "tls",
    [
        {"kind": "signed_by", "ca_cert_pem": "c", "ca_private_key_pem": "KEY"},
        {"kind": "certificate", "cert_pem": "c", "private_key_pem": "KEY"},
    ],
    ids=lambda tls: tls["kind"],
)
def test_private_keys_are_not_shown(basic: Basic, tls: dict[str, Any], key: Any) -> None:
    with pytest.raises(ArgumentsError) as caught:
        parse(SidecarDeploymentArgs, basic(tls={n: key if v == "KEY" else v for n, v in tls.items()}), "test")
    assert f"tls.{next(n for n, v in tls.items() if v == 'KEY')}" in {each.path for each in caught.value.problems}
    assert "31337" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "at",
    [
        lambda v: {"namespace": v},
        lambda v: {"app": {"image": v}},
        lambda v: {"labels": {"a": v}},
        lambda v: {"tls": {"kind": v}},
        lambda v: {"tls": {"kind": "issued", "dns_names": [v]}},
        lambda v: {"volumes": {"v": {"kind": v}}},
        lambda v: {"proxy": {"access_log": v}},
    ],
)
def test_a_key_given_by_mistake_is_not_shown(basic: Basic, at: Any) -> None:
    with pytest.raises(ArgumentsError) as caught:
        parse(SidecarDeploymentArgs, basic(at(PEM)), "test")
    assert "MIGH" not in str(caught.value)


@pytest.mark.parametrize("at", [lambda v: {"app": {"env": {"A": v}}}, lambda v: {"replicas": v}, lambda v: {"tls": v}])
def test_none_is_named(basic: Basic, at: Any) -> None:
    with pytest.raises(ArgumentsError, match=r"is None\. Give a value, or leave it out\."):
        parse(SidecarDeploymentArgs, basic(at(None)), "test")


def test_a_resource_in_the_place_of_its_name(run: Runner, basic: Basic) -> None:
    def program() -> None:
        parse(SidecarDeploymentArgs, basic({"namespace": k8s.core.v1.Namespace("shop")}), "test")

    assert "namespace: is a resource (Namespace). Give" in str(cause(run, program))


def test_a_model_that_is_wrong_does_not_print_its_input() -> None:
    with pytest.raises(ArgumentsError, match=r'App: .*\n  - env\["A"\]: must be a string') as caught:
        App(image="a", env={"A": 31337})  # type: ignore[dict-item]
    assert "31337" not in str(caught.value)


def test_a_string_in_the_place_of_a_list_is_not_shown() -> None:
    """Somebody may have put a password on the command line."""
    with pytest.raises(ArgumentsError) as caught:
        App(image="a", args="--password=hunter2")  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)
    assert caught.value.problems[0].path == "args"

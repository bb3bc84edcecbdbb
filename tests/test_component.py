"""SidecarDeployment under mocks: what it registers, what it puts out, and how it obeys its options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from pulumi_sidecar import App, ArgumentsError, Nginx, Service, SidecarDeployment, SidecarDeploymentArgs
from tests.support.outputs import INTERNAL, OUTPUTS, SERVICE, TOKEN, Basic, out

if TYPE_CHECKING:
    from tests.conftest import Deploy, Runner

# --- resources --------------------------------------------------------------------------------------------------------


def test_what_is_registered(deploy: Deploy) -> None:
    assert {(each.type, each.name) for each in deploy().resources} == {
        (TOKEN, "web"),
        ("kubernetes:core/v1:ConfigMap", "web-config"),
        ("tls:index/privateKey:PrivateKey", "web-ca-key"),
        ("tls:index/selfSignedCert:SelfSignedCert", "web-ca"),
        ("tls:index/privateKey:PrivateKey", "web-key"),
        ("tls:index/certRequest:CertRequest", "web-request"),
        ("tls:index/locallySignedCert:LocallySignedCert", "web-certificate"),
        ("kubernetes:core/v1:Secret", "web-tls"),
        ("kubernetes:apps/v1:Deployment", "web-deployment"),
        (SERVICE, "web-service"),
    }


def test_the_component_is_every_childs_parent(deploy: Deploy) -> None:
    run = deploy()
    component = run.one(TOKEN)
    assert component.custom is False
    children = [each for each in run.resources if each is not component]
    assert {each.parent for each in children} == {component.urn}
    assert all(each.custom for each in children)


def test_only_the_service_has_a_fixed_name(deploy: Deploy) -> None:
    run = deploy()
    for kind in ("ConfigMap", "Secret", "Deployment"):
        assert "name" not in run.one(kind).inputs["metadata"]
    assert run.one("Service").inputs["metadata"]["name"] == "web"


def test_children_are_properties_and_no_outputs(run: Runner, basic: Basic) -> None:
    def program() -> Any:
        web = SidecarDeployment("web", basic())  # type: ignore[arg-type]
        assert isinstance(web.deployment, kubernetes.apps.v1.Deployment)
        assert isinstance(web.service, kubernetes.core.v1.Service)
        assert isinstance(web.config_map, kubernetes.core.v1.ConfigMap)
        assert isinstance(web.secret, kubernetes.core.v1.Secret)
        return web.deployment.metadata.apply(lambda metadata: metadata.name)

    assert run(program).result.value == "web-deployment-1a2b3c4d"
    assert set(SidecarDeployment.__annotations__) == OUTPUTS


def test_nothing_in_the_deployment_waits_for_the_service(deploy: Deploy) -> None:
    run = deploy()
    assert run.one("Service").urn not in run.one("Deployment").dependencies
    assert run.one("Service").urn not in run.one("Secret").dependencies
    assert run.one("ConfigMap").urn in run.one("Deployment").dependencies
    assert run.one("Secret").urn in run.one("Deployment").dependencies


def test_the_pods_mount_what_was_made(deploy: Deploy) -> None:
    run = deploy()
    volumes = {v["name"]: v for v in run.one("Deployment").inputs["spec"]["template"]["spec"]["volumes"]}
    assert volumes["proxy-config"]["configMap"]["name"] == out(run, "config_map_name") == "web-config-1a2b3c4d"
    assert volumes["proxy-tls"]["secret"]["secretName"] == out(run, "secret_name") == "web-tls-1a2b3c4d"


@pytest.mark.parametrize("replicas", [0, 3])
def test_replicas(deploy: Deploy, replicas: int) -> None:
    assert deploy({"replicas": replicas}).one("Deployment").inputs["spec"]["replicas"] == replicas


# --- ports ------------------------------------------------------------------------------------------------------------


def _listens(conf: str) -> set[int]:
    return {int(port) for port in re.findall(r"^\s*listen (?:\S*:)?(\d+)", conf, re.MULTILINE)}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"app": {"port": 8443}},
        {"app": {"port": 9443}, "proxy": {"redirect_http": True}},
        {"proxy": {"https_port": 10443, "status_port": 10444, "http_port": 10080, "redirect_http": True}},
        {"proxy": {"redirect_http": True}, "service": {"port": 8443, "http_port": 8080}},
        {"tls": {"kind": "off"}},
        {"tls": {"kind": "off"}, "service": {"port": 8443, "type": "NodePort"}},
    ],
)
def test_service_pod_and_configuration_agree_on_ports(deploy: Deploy, changes: dict[str, Any]) -> None:
    run = deploy(changes)
    _, proxy = run.one("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    of_pod = {port["name"]: port["containerPort"] for port in proxy["ports"]}
    of_service = {port["name"]: port for port in run.one("Service").inputs["spec"]["ports"]}
    (conf,) = run.one("ConfigMap").inputs["data"].values()
    assert set(of_pod) == {"status", *of_service}
    assert all(port["targetPort"] == name for name, port in of_service.items())
    assert _listens(conf) == set(of_pod.values())
    assert proxy["readinessProbe"]["httpGet"]["port"] in of_pod
    port = (changes.get("app") or {}).get("port", 8080)
    assert f"server 127.0.0.1:{port};" in conf
    assert port not in of_pod.values()
    name, usual = ("http", 80) if changes.get("tls") else ("https", 443)
    assert of_service[name]["port"] == changes.get("service", {}).get("port", usual)
    redirects = bool(changes.get("proxy", {}).get("redirect_http"))
    redirects = changes.get("proxy", {}).get("redirect_http", False)
    assert set(of_service) == {name, *(["http"] if redirects else [])}
    assert ("return 308" in conf) is redirects


def test_the_proxy_reads_the_files_it_mounts(deploy: Deploy) -> None:
    run = deploy()
    _, proxy = run.one("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in proxy["volumeMounts"]}
    ((name, conf),) = run.one("ConfigMap").inputs["data"].items()
    assert f"{mounts['proxy-config']}/{name}" in proxy["command"]
    for key in ("tls.crt", "tls.key"):
        assert f"{mounts['proxy-tls']}/{key}" in conf
        assert key in run.one("Secret").inputs["stringData"]
    assert f"pid {mounts['proxy-work']}/" in conf


# --- arguments --------------------------------------------------------------------------------------------------------


def test_a_model_does_the_same_as_a_dict(deploy: Deploy) -> None:
    model = SidecarDeploymentArgs(
        app=App(image="ghcr.io/acme/web:1.4", port=8080), proxy=Nginx(http2=False), service=Service(type="NodePort")
    )
    ours, theirs = deploy(model), deploy({"proxy": {"http2": False}, "service": {"type": "NodePort"}})
    for one, other in zip(ours.resources, theirs.resources, strict=True):
        assert one.inputs.keys() == other.inputs.keys()
        # Keys and certificates are drawn by chance.
        drawn = any("-----BEGIN" in str(value) for value in one.inputs.values())
        assert (one.type, one.name) == (other.type, other.name)
        assert drawn or one.inputs == other.inputs


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"app": {"image": "A B"}}, "web"),
        ({"app": {"port": 8443}, "proxy": {"https_port": 8443}}, "web"),
        ({"typo": 1}, "web"),
        ({}, "2web"),
        ({"tls": {"kind": "issued", "validity_days": 1}}, "web"),
    ],
)
def test_invalid_arguments_register_nothing(run: Runner, basic: Basic, changes: dict[str, Any], name: str) -> None:
    def program() -> None:
        with pytest.raises(ArgumentsError, match=f'SidecarDeployment "{name}": '):
            SidecarDeployment(name, basic(changes))  # type: ignore[arg-type]

    assert run(program).resources == []


def test_one_set_of_arguments_for_two_components(run: Runner, basic: Basic) -> None:
    def program() -> Any:
        args = SidecarDeploymentArgs.model_validate(basic())
        return [SidecarDeployment(name, args).url for name in ("a", "b")]

    assert [seen.value for seen in run(program).result] == ["https://a.default.svc", "https://b.default.svc"]


def test_two_components_in_one_program(run: Runner, basic: Basic) -> None:
    def program() -> Any:
        first = SidecarDeployment("shop", basic())  # type: ignore[arg-type]
        second = SidecarDeployment("blog", basic(app={"env": {"SHOP": first.url}}))  # type: ignore[arg-type]
        return [first.url, second.url]

    seen = run(program)
    assert [each.value for each in seen.result] == ["https://shop.default.svc", "https://blog.default.svc"]
    assert len(seen.resources) == 20
    assert len({each.urn for each in seen.resources}) == 20
    blog = seen.one("Deployment", "blog-deployment").inputs["spec"]["template"]
    assert blog["spec"]["containers"][0]["env"] == [{"name": "SHOP", "value": "https://shop.default.svc"}]
    assert blog["metadata"]["labels"]["pulumi-sidecar/component"] == "blog"
    # Who uses the URL waits for the Service behind it.
    assert seen.one("Service", "shop-service").urn in seen.one("Deployment", "blog-deployment").dependencies


# --- options ----------------------------------------------------------------------------------------------------------


def test_a_provider_reaches_the_children(run: Runner, basic: Basic) -> None:
    def program() -> None:
        provider = kubernetes.Provider("other", namespace="team-b")
        opts = pulumi.ResourceOptions(providers=[provider])
        SidecarDeployment("web", basic(), opts)  # type: ignore[arg-type]

    seen = run(program)
    other = seen.one("pulumi:providers:kubernetes")
    for each in seen.resources:
        if each.type.startswith("kubernetes:"):
            assert each.provider.startswith(other.urn), each.name
        elif each.type.startswith("tls:"):
            assert each.provider == ""


def test_the_option_provider_reaches_the_children_too(run: Runner, basic: Basic) -> None:
    def program() -> None:
        SidecarDeployment("web", basic(), pulumi.ResourceOptions(provider=kubernetes.Provider("other")))  # type: ignore[arg-type]

    seen = run(program)
    other = seen.one("pulumi:providers:kubernetes")
    assert all(e.provider.startswith(other.urn) for e in seen.resources if e.type.startswith("kubernetes:"))


def test_both_providers(run: Runner, basic: Basic) -> None:
    def program() -> None:
        import pulumi_tls as tls

        providers = [kubernetes.Provider("k"), tls.Provider("t")]
        SidecarDeployment("web", basic(), pulumi.ResourceOptions(providers=providers))  # type: ignore[arg-type]

    seen = run(program)
    urn = {"kubernetes": seen.one("pulumi:providers:kubernetes").urn, "tls": seen.one("pulumi:providers:tls").urn}
    for each in seen.resources:
        package = each.type.partition(":")[0]
        if package in urn:
            assert each.provider.startswith(urn[package]), each.name


def test_parent_protect_aliases_and_depends_on(run: Runner, basic: Basic) -> None:
    def program() -> None:
        team = pulumi.ComponentResource("team:index:Team", "team", None)
        before = kubernetes.core.v1.Namespace("before")
        opts = pulumi.ResourceOptions(
            parent=team, protect=True, aliases=[pulumi.Alias(name="old")], depends_on=[before]
        )
        SidecarDeployment("web", basic(), opts)  # type: ignore[arg-type]

    seen = run(program)
    web = seen.one(TOKEN)
    assert web.parent == seen.one("team:index:Team").urn
    assert web.protect
    assert web.aliases == ({"name": "old"},)
    assert seen.one("Namespace").urn in web.dependencies
    for each in seen.resources:
        if each.parent == web.urn:
            assert each.protect, f"{each.name}: children inherit protect"
            # The engine takes the children along in a rename, where their names begin with the component's.
            assert each.name.startswith("web-")


def test_transforms_are_passed_on(run: Runner, basic: Basic) -> None:
    seen: list[str] = []

    def transform(args: pulumi.ResourceTransformationArgs) -> None:
        seen.append(args.type_)

    def program() -> None:
        opts = pulumi.ResourceOptions(transformations=[transform])
        SidecarDeployment("web", basic(), opts)  # type: ignore[arg-type]

    run(program)
    assert "kubernetes:apps/v1:Deployment" in seen


# --- previews ---------------------------------------------------------------------------------------------------------


def test_a_preview_knows_what_can_be_known(deploy: Deploy) -> None:
    run = deploy(preview=True)
    assert out(run, "url") == INTERNAL
    assert out(run, "endpoints") == {"internal": INTERNAL}
    assert run.result["ca_cert_pem"].known is False
    assert run.result["certificate_not_after"].known is False
    assert len(run.resources) == 10


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort"])
def test_a_preview_with_addresses_to_come(deploy: Deploy, kind: str) -> None:
    run = deploy({"service": {"type": kind}}, preview=True)
    assert run.result["endpoints"].known is False or run.result["endpoints"].value == {"internal": INTERNAL}


def test_a_preview_with_unknown_arguments(run: Runner, basic: Basic) -> None:
    def program() -> Any:
        unknown: Any = pulumi.Output.from_input(pulumi.UNKNOWN)
        web = SidecarDeployment(
            "web",
            basic(  # type: ignore[arg-type]
                app={"image": unknown, "env": {"A": unknown, "B": {"secret": unknown, "key": "k"}}},
                namespace=unknown,
                replicas=unknown,
                labels={"a": unknown},
                service={"type": "LoadBalancer", "external_host": unknown},
                tls={"kind": "issued", "dns_names": [unknown]},
                image_pull_secrets=[unknown],
            ),
        )
        return {name: getattr(web, name) for name in OUTPUTS}

    seen = run(program, preview=True)
    assert len(seen.resources) == 10
    assert seen.result["url"].known is False
    # The configuration is plain: it is known in every preview.
    assert "listen 8443 ssl" in seen.one("ConfigMap").inputs["data"]["nginx.conf"]


def test_a_preview_finds_wrong_arguments(run: Runner, basic: Basic) -> None:
    with pytest.raises(ArgumentsError):
        run(lambda: (SidecarDeployment("web", basic(replicas=-1)), None)[1], preview=True)  # type: ignore[arg-type]


def test_a_wrong_output_stops_the_program(run: Runner, basic: Basic) -> None:
    with pytest.raises(ArgumentsError, match=r'SidecarDeployment "web": .*\n  - app\.env\["PORT"\]: must be a string'):
        run(
            lambda: (
                SidecarDeployment("web", basic(app={"env": {"PORT": pulumi.Output.from_input(80)}})),  # type: ignore[arg-type]
                None,
            )[1]
        )

"""SidecarDeployment: wiring only. What the children look like is decided in plan, pod and certificates."""

from typing import Any, NamedTuple

import pulumi
from pulumi_kubernetes import apps, core, meta

from pulumi_sidecar import alert, certificates, endpoints, layout, pod
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.dicts import SidecarDeploymentArgsDict
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.args.tls import ClientCaPem
from pulumi_sidecar.checks import check
from pulumi_sidecar.clients import client_problems, issue_client
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.plan import Plan, make_plan

TOKEN = "sidecar:index:SidecarDeployment"  # noqa: S105 (a resource type, no password)


class SidecarDeployment(pulumi.ComponentResource):
    """An application on Kubernetes with a proxy beside it: a Deployment of both, certificates, Secret, ConfigMap and
    Service.

        web = SidecarDeployment("web", {
            "app": {"image": "ghcr.io/acme/web:1.4", "port": 8080},
            "proxy": {"kind": "nginx"},
        })
        pulumi.export("url", web.url)

    Arguments are a dict or SidecarDeploymentArgs; the two have the same shape. Bad ones raise ArgumentsError before
    anything is registered, with every problem at once.
    """

    url: pulumi.Output[str]
    """URL by the in-cluster name of the Service: https, unless there is no proxy or `tls` is off. None where the app
    listens on no port."""
    endpoints: pulumi.Output[dict[str, str]]
    """URLs by name: `internal`, and `external` once a load balancer or node port has an address."""
    ca_cert_pem: pulumi.Output[str]
    """PEM of the CA that clients must trust. None where it is not known: a public one, or one in somebody else's
    Secret."""
    certificate_not_after: pulumi.Output[str | None]
    """When the certificate ends, RFC 3339. None where somebody else renews it (`tls.kind` secret, cert_manager) or
    there is none."""
    deployment_name: pulumi.Output[str]
    """Name of the Deployment."""
    service_name: pulumi.Output[str]
    """Name of the Service. None where the app listens on no port."""
    config_map_name: pulumi.Output[str | None]
    """Name of the ConfigMap with the proxy's configuration."""
    secret_name: pulumi.Output[str | None]
    """Name of the Secret with certificate and key."""

    def __init__(
        self,
        name: str,
        args: SidecarDeploymentArgs | SidecarDeploymentArgsDict,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        :param name: Name of the component and, unless `service.name` says otherwise, of the Service.
        :param args: What to run; see SidecarDeploymentArgs.
        :param opts: Options of the component; its children inherit the provider.
        :raises ArgumentsError: The arguments cannot be deployed.
        """
        checked = parse(SidecarDeploymentArgs, args, f'SidecarDeployment "{name}"')
        check(name, checked)
        plan = make_plan(name, checked)
        super().__init__(TOKEN, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        self._config_map = _config_map(name, plan, checked, child)
        namespace = endpoints.namespace_of(checked.namespace, self._config_map)
        owner = certificates.Owner(
            name,
            plan.name,
            namespace,
            checked.namespace,
            checked.cluster_domain,
            checked.service.external_host,
        )
        material = certificates.Material()
        if plan.proxy is not None:
            material = certificates.make(owner, checked.tls, pod.labels(plan, checked), child)
        self._signing = _Signing(plan, checked, material)
        self._clients: set[str] = set()
        self._secret = _secret(name, plan, checked, material, child)
        secret_name = endpoints.name_of(self._secret) if self._secret else material.secret
        self._deployment = _deployment(name, plan, checked, self._config_map, secret_name, child)
        self._service = _service(name, plan, checked, child)
        if checked.certificate_alert and checked.certificate_alert.prometheus_rule:
            labels = pod.labels(plan, checked)
            alert.rule(name, plan, checked.certificate_alert, namespace, checked.namespace, labels, child)

        self.url = endpoints.internal_url(plan, namespace, self._service)
        self.endpoints = endpoints.endpoints(self.url, plan, checked.service, self._service)
        self.ca_cert_pem = material.ca or _none()
        self.certificate_not_after = material.not_after or _none()
        self.deployment_name = endpoints.name_of(self._deployment)
        self.service_name = endpoints.name_of(self._service)
        self.config_map_name = endpoints.name_of(self._config_map)
        self.secret_name = pulumi.Output.from_input(secret_name)
        self.register_outputs({key: getattr(self, key) for key in _OUTPUTS})

    @property
    def deployment(self) -> apps.v1.Deployment:
        """The Deployment."""
        return self._deployment

    @property
    def service(self) -> core.v1.Service | None:
        """The Service; None where the app listens on no port."""
        return self._service

    @property
    def config_map(self) -> core.v1.ConfigMap | None:
        """The ConfigMap with the proxy's configuration."""
        return self._config_map

    @property
    def secret(self) -> core.v1.Secret | None:
        """The Secret with certificate and key."""
        return self._secret

    def issue_client(self, client: str, namespace: pulumi.Input[str] | None = None) -> core.v1.Secret:
        """A client certificate by the component's own CA, for mutual TLS.

        :param client: What the app is to know the client by: the certificate's subject is CN=`client`.
        :param namespace: Where the Secret (tls.crt, tls.key, ca.crt) is wanted; by default the component's.
        :raises ArgumentsError: The CA's key is not at hand: `tls.kind` is neither "issued" nor "signed_by".
        """
        plan, args, material = self._signing
        problems = client_problems(client, namespace, self._clients)
        if material.signer is None:
            problems.append(Problem("tls.kind", "has no CA that could sign", 'Use "issued" or "signed_by".'))
        if problems or material.signer is None:
            raise ArgumentsError(f'SidecarDeployment "{self._name}".issue_client', problems)
        self._clients.add(client)
        return issue_client(
            self._name,
            client,
            material.signer,
            self.ca_cert_pem,
            namespace if namespace is not None else args.namespace,
            pod.labels(plan, args),
            pulumi.ResourceOptions(parent=self),
            material.ca_validity_days,
        )


class _Signing(NamedTuple):
    """What issue_client needs after construction."""

    plan: Plan
    args: SidecarDeploymentArgs
    material: certificates.Material


_OUTPUTS = tuple(SidecarDeployment.__annotations__)


def _metadata(
    plan: Plan,
    args: SidecarDeploymentArgs,
    name: str | None = None,
    annotations: dict[str, pulumi.Input[str]] | None = None,
) -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(
        name=name, namespace=args.namespace, labels=pod.labels(plan, args), annotations=annotations or None
    )


def _none() -> pulumi.Output[Any]:
    return pulumi.Output.from_input(None)


def _config_map(
    name: str, plan: Plan, args: SidecarDeploymentArgs, opts: pulumi.ResourceOptions
) -> core.v1.ConfigMap | None:
    if plan.proxy is None:
        return None
    data: dict[str, pulumi.Input[str]] = {**plan.proxy.files}
    if args.client_auth is not None and isinstance(args.client_auth.ca, ClientCaPem):
        subject = f'SidecarDeployment "{name}"'
        pem = certificates.trusted(subject, "client_auth.ca.pem", args.client_auth.ca.pem, authorities=True)
        data[layout.CLIENT_CA_FILE] = pem
    if args.certificate_alert is not None:
        data[layout.EXPORTER_FILE] = alert.config(args.certificate_alert)
    return core.v1.ConfigMap(f"{name}-config", metadata=_metadata(plan, args), data=data, opts=opts)


def _secret(
    name: str,
    plan: Plan,
    args: SidecarDeploymentArgs,
    material: certificates.Material,
    opts: pulumi.ResourceOptions,
) -> core.v1.Secret | None:
    if material.data is None:
        return None
    return core.v1.Secret(
        f"{name}-tls",
        metadata=_metadata(plan, args),
        type="kubernetes.io/tls",
        string_data=material.data,
        opts=opts,
    )


def _deployment(
    name: str,
    plan: Plan,
    args: SidecarDeploymentArgs,
    config_map: core.v1.ConfigMap | None,
    secret_name: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> apps.v1.Deployment:
    config_name = endpoints.name_of(config_map) if config_map else None
    return apps.v1.Deployment(
        f"{name}-deployment",
        metadata=_metadata(plan, args, annotations=dict(args.annotations)),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=args.replicas,
            selector=meta.v1.LabelSelectorArgs(match_labels=plan.selector),
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
            ),
            template=pod.pod_template(plan, args, config_name, secret_name),
        ),
        opts=opts,
    )


def _service(
    name: str, plan: Plan, args: SidecarDeploymentArgs, opts: pulumi.ResourceOptions
) -> core.v1.Service | None:
    ports = endpoints.service_ports(plan, args)
    if not ports:
        return None
    return core.v1.Service(
        f"{name}-service",
        metadata=_metadata(plan, args, plan.name, dict(args.service.annotations)),
        spec=core.v1.ServiceSpecArgs(type=args.service.type, selector=plan.selector, ports=ports),
        opts=opts,
    )

"""SidecarDeployment: wiring only. What the children look like is decided in plan, pod and certificates."""

import pulumi
from pulumi_kubernetes import apps, core, meta

from pulumi_sidecar import certificates, endpoints, pod
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.dicts import SidecarDeploymentArgsDict
from pulumi_sidecar.args.parse import parse
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
    """https URL by the in-cluster name of the Service."""
    endpoints: pulumi.Output[dict[str, str]]
    """URLs by name: `internal`, and `external` once a load balancer or node port has an address."""
    ca_cert_pem: pulumi.Output[str | None]
    """PEM of the CA that clients must trust."""
    certificate_not_after: pulumi.Output[str | None]
    """When the certificate ends, RFC 3339."""
    deployment_name: pulumi.Output[str]
    """Name of the Deployment."""
    service_name: pulumi.Output[str]
    """Name of the Service."""
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
        plan = make_plan(name, checked)
        super().__init__(TOKEN, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        self._config_map = core.v1.ConfigMap(
            f"{name}-config", metadata=_metadata(plan, checked), data=plan.files, opts=child
        )
        namespace = endpoints.namespace_of(checked.namespace, self._config_map)
        external = [checked.service.external_host] if checked.service.external_host is not None else []
        material = certificates.issue(
            name,
            plan.name,
            certificates.service_names(
                plan.name,
                namespace,
                checked.cluster_domain,
                [*checked.tls.dns_names, *checked.tls.ip_addresses, *external],
            ),
            checked.tls,
            child,
        )
        self._secret = core.v1.Secret(
            f"{name}-tls",
            metadata=_metadata(plan, checked),
            type="kubernetes.io/tls",
            string_data=material.secret_data(),
            opts=child,
        )
        self._deployment = _deployment(name, plan, checked, self._config_map, self._secret, child)
        self._service = _service(name, plan, checked, child)

        self.url = endpoints.internal_url(plan.name, namespace, checked.service.port, self._service)
        self.endpoints = endpoints.endpoints(self.url, checked.service, self._service)
        self.ca_cert_pem = material.ca
        self.certificate_not_after = material.not_after
        self.deployment_name = endpoints.name_of(self._deployment)
        self.service_name = endpoints.name_of(self._service)
        self.config_map_name = endpoints.name_of(self._config_map)
        self.secret_name = endpoints.name_of(self._secret)
        self.register_outputs({key: getattr(self, key) for key in _OUTPUTS})

    @property
    def deployment(self) -> apps.v1.Deployment:
        """The Deployment."""
        return self._deployment

    @property
    def service(self) -> core.v1.Service:
        """The Service."""
        return self._service

    @property
    def config_map(self) -> core.v1.ConfigMap | None:
        """The ConfigMap with the proxy's configuration."""
        return self._config_map

    @property
    def secret(self) -> core.v1.Secret | None:
        """The Secret with certificate and key."""
        return self._secret


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


def _deployment(
    name: str,
    plan: Plan,
    args: SidecarDeploymentArgs,
    config_map: core.v1.ConfigMap,
    secret: core.v1.Secret,
    opts: pulumi.ResourceOptions,
) -> apps.v1.Deployment:
    names = endpoints.name_of(config_map), endpoints.name_of(secret)
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
            template=pod.pod_template(plan, args, *names),
        ),
        opts=opts,
    )


def _service(name: str, plan: Plan, args: SidecarDeploymentArgs, opts: pulumi.ResourceOptions) -> core.v1.Service:
    service = args.service
    return core.v1.Service(
        f"{name}-service",
        metadata=_metadata(plan, args, plan.name, dict(service.annotations)),
        spec=core.v1.ServiceSpecArgs(
            type=service.type, selector=plan.selector, ports=endpoints.service_ports(plan, service)
        ),
        opts=opts,
    )

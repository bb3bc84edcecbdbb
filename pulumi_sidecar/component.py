"""SidecarDeployment: wiring only. What the children look like is decided in plan, pod and certificates."""

from typing import TYPE_CHECKING, Any, NamedTuple

import pulumi
from pulumi_kubernetes import apiextensions, apps, autoscaling, core, networking, policy

from pulumi_sidecar import alert, certificates, endpoints, entry, exporter, network, pod, scaling, workload
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.build import Build
from pulumi_sidecar.checks import check
from pulumi_sidecar.clients import client_problems, issue_client
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.plan import Plan, make_plan
from pulumi_sidecar.proxy_site import outside_hosts

if TYPE_CHECKING:  # the dict forms are for editors and type checkers alone: no program waits for them
    from pulumi_sidecar.args.dicts import SidecarDeploymentArgsDict

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
        args: "SidecarDeploymentArgs | SidecarDeploymentArgsDict",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        :param name: Name of the component and, unless `service.name` says otherwise, of the Service.
        :param args: What to run; see SidecarDeploymentArgs.
        :param opts: Options of the component; its children inherit the provider.
        :raises ArgumentsError: The arguments cannot be deployed.
        """
        subject = f'SidecarDeployment "{name}"'
        checked = parse(SidecarDeploymentArgs, args, subject)
        check(name, checked, subject)
        plan = make_plan(name, checked)
        super().__init__(TOKEN, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        build = Build(subject, name, plan, checked, child)

        self._config_map = workload.config_map(build)
        namespace = endpoints.namespace_of(checked.namespace, self._config_map)
        owner = certificates.Owner(
            subject,
            name,
            plan.name,
            namespace,
            checked.namespace,
            checked.cluster_domain,
            [*outside_hosts(checked).values()],
        )
        material = certificates.Material()
        if plan.proxy is not None:
            material = certificates.make(owner, checked.tls, pod.labels(plan, checked), child)
        self._signing = _Signing(plan, checked, material)
        self._clients: set[str] = set()
        self._secret = workload.secret(build, material)
        secret_name = endpoints.name_of(self._secret) if self._secret else material.secret
        config_name = endpoints.name_of(self._config_map)
        self._deployment = workload.deployment(build, config_name if self._config_map else None, secret_name)
        self.deployment_name = endpoints.name_of(self._deployment)
        self._service = network.service(build, entry.service_annotations(build, namespace))
        self._ingress = entry.ingress(build, material, namespace)
        self._route = entry.route(build, material, namespace)
        self._autoscaler = scaling.autoscaler(build, self.deployment_name)
        self._disruption_budget = scaling.disruption_budget(build)
        self._network_policy = network.policy(build)
        if checked.certificate_alert and checked.certificate_alert.prometheus_rule:
            labels = pod.labels(plan, checked)
            alert.rule(name, plan, checked.certificate_alert, namespace, checked.namespace, labels, child)
        exporter.pod_monitor(name, plan, checked, pod.labels(plan, checked), child)

        self.url = endpoints.internal_url(plan, namespace, self._service)
        self.endpoints = endpoints.endpoints(self.url, plan, checked, self._service)
        self.ca_cert_pem = material.ca or _plain(None)
        self.certificate_not_after = material.not_after or _plain(None)
        self.service_name = endpoints.name_of(self._service)
        self.config_map_name = config_name
        self.secret_name = secret_name if isinstance(secret_name, pulumi.Output) else _plain(secret_name)
        self.register_outputs({key: getattr(self, key) for key in _OUTPUTS})

    @property
    def args(self) -> SidecarDeploymentArgs:
        """The arguments as they were understood, with defaults."""
        return self._signing.args

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

    @property
    def ingress(self) -> "networking.v1.Ingress | None":
        """The Ingress; None without `ingress`."""
        return self._ingress

    @property
    def route(self) -> "apiextensions.CustomResource | None":
        """The Gateway's HTTPRoute, GRPCRoute or TLSRoute; None without `gateway`."""
        return self._route

    @property
    def autoscaler(self) -> "autoscaling.v2.HorizontalPodAutoscaler | None":
        """The HorizontalPodAutoscaler; None without `autoscaling`."""
        return self._autoscaler

    @property
    def disruption_budget(self) -> "policy.v1.PodDisruptionBudget | None":
        """The PodDisruptionBudget; None without `disruption_budget`."""
        return self._disruption_budget

    @property
    def network_policy(self) -> "networking.v1.NetworkPolicy | None":
        """The NetworkPolicy; None without `network_policy`."""
        return self._network_policy

    def issue_client(self, client: str, namespace: pulumi.Input[str] | None = None) -> core.v1.Secret:
        """A client certificate by the component's own CA, for mutual TLS.

        :param client: What the app is to know the client by: the certificate's subject is CN=`client`.
        :param namespace: Where the Secret (tls.crt, tls.key, ca.crt) is wanted; by default the component's.
        :raises ArgumentsError: The CA's key is not at hand: `tls.kind` is neither "issued" nor "signed_by".
        """
        plan, args, material = self._signing
        problems = client_problems(self._name, client, namespace, self._clients)
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


def _plain(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(value)

"""SidecarInjection: the sidecar for workloads of others. Wiring only: what changes is decided in inject."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pulumi
from pulumi_kubernetes import apps, core

from pulumi_sidecar import certificates, endpoints, pod, workload
from pulumi_sidecar.args.injection import SidecarInjectionArgs
from pulumi_sidecar.build import Build
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.inject import faults, patches
from pulumi_sidecar.inject.forms import is_snake_case, to_args, to_kubernetes, to_snake_case
from pulumi_sidecar.inject.template import with_sidecar
from pulumi_sidecar.inject.transform import Match, Transform, transform
from pulumi_sidecar.inject.wanted import Mounted, wanted
from pulumi_sidecar.inject.watch import Watch
from pulumi_sidecar.inject.workloads import TEMPLATES

if TYPE_CHECKING:  # the dict forms are for editors and type checkers alone: no program waits for them
    from pulumi_sidecar.args.dicts import SidecarInjectionArgsDict

TOKEN = "sidecar:index:SidecarInjection"  # noqa: S105 (a resource type, no password)
SERVING = ("Deployment", "StatefulSet", "DaemonSet")

Patch = apps.v1.DeploymentPatch | apps.v1.StatefulSetPatch | apps.v1.DaemonSetPatch
Template = TypeVar("Template", bound="core.v1.PodTemplateSpecArgs | Mapping[str, Any]")


class SidecarInjection(pulumi.ComponentResource):
    """The sidecar for a workload of others: its certificates, Secret and ConfigMap, and three ways into the workload.

        web = SidecarInjection("web", {"app": {"port": 8080}, "proxy": {"kind": "nginx"}})
        template = add_sidecar(template, web)                                     # a pod template of your own
        Chart("shop", ..., opts=pulumi.ResourceOptions(transforms=[web.transform(name="web")]))
        web.patch("Deployment", "web")                                            # what Pulumi does not own

    Arguments are a dict or SidecarInjectionArgs. Bad ones raise ArgumentsError before anything is registered; a
    workload that the sidecar does not go with, before that workload is.
    """

    url: pulumi.Output[str]
    """URL by the in-cluster name of the Service. None without a proxy, and where `service.ports` is "leave"."""
    ca_cert_pem: pulumi.Output[str]
    """PEM of the CA that clients must trust. None where it is not known."""
    certificate_not_after: pulumi.Output[str | None]
    """When the certificate ends, RFC 3339. None where somebody else renews it or there is none."""
    config_map_name: pulumi.Output[str | None]
    """Name of the ConfigMap with the proxy's configuration."""
    secret_name: pulumi.Output[str | None]
    """Name of the Secret with certificate and key."""

    def __init__(
        self,
        name: str,
        args: "SidecarInjectionArgs | SidecarInjectionArgsDict",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        :param name: Name of the component and, unless `service.name` says otherwise, of the workload's Service.
        :param args: See SidecarInjectionArgs.
        :param opts: Options of the component; its children inherit the provider.
        :raises ArgumentsError: The arguments cannot be used.
        """
        self._wanted = asked = wanted(name, args)
        super().__init__(TOKEN, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        plan, planned = asked.plan, asked.planned
        build = Build(asked.subject, name, plan, planned, child)
        self._config_map = workload.config_map(build)
        self._namespace = endpoints.namespace_of(planned.namespace, self._config_map)
        owner = certificates.Owner(
            asked.subject,
            name,
            plan.name,
            self._namespace,
            planned.namespace,
            planned.cluster_domain,
            [planned.service.external_host] if planned.service.external_host is not None else [],
        )
        material = certificates.Material()
        if plan.proxy is not None:
            material = certificates.make(owner, planned.tls, pod.labels(plan, planned), child)
        self._secret = workload.secret(build, material)
        self._mounted = Mounted(
            endpoints.name_of(self._config_map) if self._config_map else None,
            endpoints.name_of(self._secret) if self._secret else material.secret,
        )
        self._watch = Watch(asked.subject, plan.name if asked.leads_service else None)
        self._service_patched = False
        self.url = endpoints.url_in_cluster(plan, self._namespace) if asked.leads_service else _none()
        self.ca_cert_pem = material.ca or _none()
        self.certificate_not_after = material.not_after or _none()
        self.config_map_name = pulumi.Output.from_input(self._mounted.config_map)
        self.secret_name = pulumi.Output.from_input(self._mounted.secret)
        self.register_outputs({key: getattr(self, key) for key in _OUTPUTS})

    @property
    def args(self) -> SidecarInjectionArgs:
        """The arguments as they were understood, with defaults."""
        return self._wanted.args

    def transform(
        self,
        *,
        name: str | None = None,
        namespace: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        kinds: tuple[str, ...] = SERVING,
        required: bool = False,
    ) -> Transform:
        """A transform for ResourceOptions(transforms=[...]) or pulumi.runtime.register_resource_transform.

        It gives the sidecar to workloads that meet everything given here, and changes the Service of the name in
        `service.name`. Children of Helm charts, YAML and Kustomize are seen, too. When the program has ended, a warning
        tells that nothing was picked, or that there was no such Service.

        :param name: metadata.name of the workload, or the resource's name where it has none.
        :param namespace: Of workload and Service. By default `namespace` of the arguments.
        :param labels: Labels of the workload or its pods.
        :param annotations: Annotations of the workload or its pods.
        :param kinds: Kinds of workloads: Deployment, StatefulSet, DaemonSet, Job, CronJob, Pod.
        :param required: Let the preview or update fail where nothing was picked, instead of a warning. In a preview a
            workload counts that may be picked when its name and labels are known.
        """
        unknown = [kind for kind in kinds if kind not in TEMPLATES]
        if unknown:
            problem = Problem("kinds", "is no kind with a pod template", f"One of {', '.join(TEMPLATES)}.", unknown[0])
            raise ArgumentsError(f"{self._wanted.subject}.transform", [problem])
        space = namespace if namespace is not None else self._wanted.args.namespace
        mounts = [each for each in (self._config_map, self._secret) if each is not None]
        match = Match(kinds, name, space, labels, annotations)
        return transform(self._wanted, self._mounted, match, list(mounts), self._watch, required=required)

    def patch(self, kind: Literal["Deployment", "StatefulSet", "DaemonSet"], name: str) -> Patch:
        """Give the sidecar to a workload that is on the cluster and that Pulumi does not own, by server-side apply.

        Workload and Service (`service.name`) are read first, so both must be there. `pulumi destroy` takes out again
        what was added; a value that was changed then becomes Kubernetes' default, and a warning names it. Of several
        workloads behind one Service, the first one's names of ports count.

        :param kind: The workload's kind.
        :param name: Its metadata.name.
        :raises ArgumentsError: The kind is another, or the workload is patched already.
        """
        if kind not in SERVING:
            problem = Problem("kind", "cannot be patched", f"One of {', '.join(SERVING)}.", kind)
            raise ArgumentsError(f"{self._wanted.subject}.patch", [problem])
        child = pulumi.ResourceOptions(parent=self)
        made, app_ports = patches.workload(self._wanted, self._mounted, kind, name, self._namespace, child)
        if self._wanted.leads_service and not self._service_patched:
            self._service_patched = True
            patches.service(self._wanted, app_ports, self._namespace, child)
        return made

    def _add_to(self, template: Any, claims: Collection[str]) -> Any:
        kind, subject = core.v1.PodTemplateSpecArgs, f"{self._wanted.subject}: template"
        if not isinstance(template, kind | Mapping):
            reason = f"must be a PodTemplateSpecArgs or a dict, and is of type {type(template).__name__}"
            raise ArgumentsError(subject, [Problem("template", reason, "Outputs may stand for single values inside.")])
        plain = to_kubernetes(template, kind)
        found = with_sidecar(plain, self._wanted, self._mounted, faults.ANY, subject, claims, named=True)
        if isinstance(template, kind):
            return to_args(found.document, kind)
        return to_snake_case(found.document, kind) if is_snake_case(template, kind) else found.document


def add_sidecar(template: Template, sidecar: SidecarInjection, *, claims: Collection[str] = ()) -> Template:
    """A pod template with the sidecar: of the kind that was given (PodTemplateSpecArgs, or a dict in snake_case or
    camelCase). Once more is the same as once.

    :param claims: Names of a StatefulSet's volumeClaimTemplates, which its pods have beside the template's volumes.
    :raises ArgumentsError: The sidecar does not go with this template.
    """
    added: Template = sidecar._add_to(template, claims)
    return added


_OUTPUTS = tuple(SidecarInjection.__annotations__)


def _none() -> pulumi.Output[Any]:
    return pulumi.Output.from_input(None)

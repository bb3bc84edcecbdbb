"""CertificateAuthority: one CA for many components."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_kubernetes import core, meta

from pulumi_sidecar import due
from pulumi_sidecar.args.authority import CertificateAuthorityArgs
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.certificates import warn_of_browsers
from pulumi_sidecar.clients import client_problems, issue_client
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.fields import ObjectName, fitting
from pulumi_sidecar.names import LONGEST_GIVEN, shorten
from pulumi_sidecar.signing import as_secret, generations

if TYPE_CHECKING:  # the dict forms are for editors and type checkers alone: no program waits for them
    from pulumi_sidecar.args.dicts import CertificateAuthorityArgsDict

TOKEN = "sidecar:index:CertificateAuthority"  # noqa: S105 (a resource type, no password)


class CertificateAuthority(pulumi.ComponentResource):
    """A private CA that several components share.

        ca = CertificateAuthority("platform", {"namespaces": ["web", "batch"]})
        SidecarDeployment("web", {..., "tls": {"kind": "issued", "ca": ca}})

    Clients trust `bundle_pem`; a ConfigMap with it (key ca.crt) is made in each of `namespaces`. The CA is never
    renewed by itself. To change it and strand nobody, first add the next generation to `also_trust_generations` and
    update; when every client has the new bundle, make it `generation`, and trust the old one for a while.
    """

    cert_pem: pulumi.Output[str]
    """PEM of the certificate that signs."""
    bundle_pem: pulumi.Output[str]
    """PEM of every CA that clients must trust."""
    not_after: pulumi.Output[str]
    """When the CA that signs ends, RFC 3339."""
    config_map_names: pulumi.Output[dict[str, str]]
    """Namespace → name of the ConfigMap with the bundle. (Names are Pulumi's: they change with the bundle.)"""

    def __init__(
        self,
        name: str,
        args: "CertificateAuthorityArgs | CertificateAuthorityArgsDict | None" = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        :param name: Name of the component, and of the CA's subject.
        :param args: See CertificateAuthorityArgs. All have defaults.
        :param opts: Options of the component; its children inherit the provider.
        :raises ArgumentsError: The arguments cannot be used.
        """
        subject = f'CertificateAuthority "{name}"'
        raw: CertificateAuthorityArgs | Mapping[str, Any] = args if args is not None else {}
        checked = parse(CertificateAuthorityArgs, raw, subject)
        if checked.namespaces:
            _check_name(name, subject, max(map(len, checked.namespaces)))
        super().__init__(TOKEN, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._signer, self.not_after, self.bundle_pem = generations(
            f"{name}-ca",
            name,
            checked.algorithm,
            checked.validity_days,
            checked.generation,
            checked.also_trust_generations,
            child,
        )
        self._validity_days = checked.validity_days
        self._clients: set[str] = set()
        # In time for the slow step: every client has to learn of the next one.
        soon = due.days(min(180, checked.validity_days // 4))
        due.warn(child, f"{subject} (change it by generation)", self.not_after, soon)
        warn_of_browsers(subject, checked.algorithm == "Ed25519", child)
        self.cert_pem = pulumi.Output.from_input(self._signer.cert_pem)
        self._config_maps = {
            space: _bundle(f"{name}-bundle-{space}", name, space, self.bundle_pem, child)
            for space in dict.fromkeys(checked.namespaces)
        }
        self.config_map_names = pulumi.Output.all(
            **{space: made.metadata.apply(lambda known: known.name) for space, made in self._config_maps.items()}
        )
        self.register_outputs({key: getattr(self, key) for key in CertificateAuthority.__annotations__})

    @property
    def private_key_pem(self) -> pulumi.Output[str]:
        """PEM of the CA's key, a secret."""
        return as_secret(self._signer.key_pem)

    @property
    def validity_days(self) -> int:
        """How long a CA is valid from its making, in days."""
        return self._validity_days

    @property
    def config_maps(self) -> dict[str, core.v1.ConfigMap]:
        """Namespace → the ConfigMap with the bundle."""
        return dict(self._config_maps)

    def issue_client(self, client: str, namespace: pulumi.Input[str] | None = None) -> core.v1.Secret:
        """A client certificate (CN=`client`) in a Secret of `namespace`, by default the provider's."""
        _check_name(self._name, f'CertificateAuthority "{self._name}".issue_client')
        if problems := client_problems(self._name, client, namespace, self._clients):
            raise ArgumentsError(f'CertificateAuthority "{self._name}".issue_client', problems)
        self._clients.add(client)
        child = pulumi.ResourceOptions(parent=self)
        return issue_client(self._name, client, self._signer, self.bundle_pem, namespace, {}, child, self.validity_days)


_is_object_name = fitting(ObjectName)


def _check_name(name: str, subject: str, longest_namespace: int = 0) -> None:
    """Kubernetes objects are named after the CA, once there are any: ConfigMaps after the namespace, too. Raises
    ArgumentsError."""
    room = LONGEST_GIVEN - len("-bundle-") - longest_namespace
    if len(name) > room or not _is_object_name(name):
        remedy = f"Name it in lower-case letters, digits, hyphens and dots, at most {room}."
        reason = "the CA's name cannot begin the names of its Kubernetes objects"
        raise ArgumentsError(subject, [Problem("name", reason, remedy, name)])


def _bundle(
    resource: str, name: str, namespace: str, bundle_pem: pulumi.Output[str], opts: pulumi.ResourceOptions
) -> core.v1.ConfigMap:
    labels = {"app.kubernetes.io/name": shorten(name), "app.kubernetes.io/managed-by": "pulumi-sidecar"}
    return core.v1.ConfigMap(
        resource,
        metadata=meta.v1.ObjectMetaArgs(namespace=namespace, labels=labels),
        data={"ca.crt": bundle_pem},
        opts=opts,
    )

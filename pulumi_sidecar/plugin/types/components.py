"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from pulumi import ComponentResource, Output

from pulumi_sidecar.plugin.types.authority import CertificateAuthorityArgs
from pulumi_sidecar.plugin.types.deployment import SidecarDeploymentArgs


class SidecarDeployment(ComponentResource):
    """An application on Kubernetes with a proxy beside it: a Deployment of both, certificates, Secret, ConfigMap and
    Service.
    """

    url: Output[str]
    """URL by the in-cluster name of the Service: https, unless there is no proxy or `tls` is off. None where the app
    listens on no port.
    """
    endpoints: Output[dict[str, str]]
    """URLs by name: `internal`, and `external` once a load balancer or node port has an address."""
    ca_cert_pem: Output[str]
    """PEM of the CA that clients must trust. None where it is not known: a public one, or one in somebody else's
    Secret.
    """
    certificate_not_after: Output[str | None]
    """When the certificate ends, RFC 3339. None where somebody else renews it (`tls.kind` secret, cert_manager) or
    there is none.
    """
    deployment_name: Output[str]
    """Name of the Deployment."""
    service_name: Output[str]
    """Name of the Service. None where the app listens on no port."""
    config_map_name: Output[str | None]
    """Name of the ConfigMap with the proxy's configuration."""
    secret_name: Output[str | None]
    """Name of the Secret with certificate and key."""

    def __init__(self, args: SidecarDeploymentArgs) -> None:
        """Never called."""


class CertificateAuthority(ComponentResource):
    """A private CA that several components share. Clients trust `bundlePem`; a ConfigMap with it (key ca.crt) is
    made in each of `namespaces`.
    """

    cert_pem: Output[str]
    """PEM of the certificate that signs."""
    bundle_pem: Output[str]
    """PEM of every CA that clients must trust."""
    not_after: Output[str]
    """When the CA that signs ends, RFC 3339."""
    config_map_names: Output[dict[str, str]]
    """Namespace → name of the ConfigMap with the bundle. (Names are Pulumi's: they change with the bundle.)"""
    private_key_pem: Output[str]
    """PEM of the key of the certificate that signs, a secret: for `tls.ca` of other components."""

    def __init__(self, args: CertificateAuthorityArgs) -> None:
        """Never called."""

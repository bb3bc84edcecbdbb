"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from enum import Enum


class PullPolicy(Enum):
    """One of 'Always', 'IfNotPresent', 'Never'."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class SecuritySeccomp(Enum):
    """One of 'RuntimeDefault', 'Unconfined'."""

    RUNTIME_DEFAULT = "RuntimeDefault"
    UNCONFINED = "Unconfined"


class ProtocolKind(Enum):
    """One of 'http', 'uwsgi', 'fastcgi', 'grpc'."""

    HTTP = "http"
    """The app speaks HTTP/1.1, on `app.port` or on a unix socket."""
    UWSGI = "uwsgi"
    """The app runs in uWSGI and speaks its binary protocol, on a unix socket or on `app.port`.

    uWSGI's protocol runs code by design. It never leaves the pod: prefer the socket, and bind a port to
    127.0.0.1.
    """
    FASTCGI = "fastcgi"
    """The app speaks FastCGI, on `app.port` or on a unix socket."""
    GRPC = "grpc"
    """The app speaks gRPC without TLS (h2c) on `app.port` or on a unix socket. Needs `proxy.http2`."""


class ProxyKind(Enum):
    """One of 'nginx', 'apache'."""

    NGINX = "nginx"
    """nginx as the proxy."""
    APACHE = "apache"
    """Apache httpd as the proxy."""


class ProxyLifecycle(Enum):
    """One of 'classic', 'native'."""

    CLASSIC = "classic"
    NATIVE = "native"


class ProxyAccessLog(Enum):
    """One of 'json', 'combined', 'off'."""

    JSON = "json"
    COMBINED = "combined"
    OFF = "off"


class ProxyUnknownNames(Enum):
    """One of 'serve', 'refuse'."""

    SERVE = "serve"
    REFUSE = "refuse"


class TlsProfile(Enum):
    """One of 'intermediate', 'modern'."""

    INTERMEDIATE = "intermediate"
    MODERN = "modern"


class TlsKind(Enum):
    """One of 'issued', 'signed_by', 'certificate', 'secret', 'cert_manager', 'off'."""

    ISSUED = "issued"
    """A private CA and a certificate from it, both made by pulumi-tls.

    The keys live in the stack's state, encrypted as secrets. The certificate is renewed by a `pulumi up` that
    runs within `renewBeforeDays` of its end; nothing else renews it. The CA is never renewed by itself. To change
    it, first add the next generation to `alsoTrustGenerations` and update; when every client has the new
    `caCertPem`, make it `caGeneration`, and trust the old one for a while. A CA that is there stays as it is,
    whatever becomes of `algorithm`, `caValidityDays` and the Service's name: those are for generations to come.
    """
    SIGNED_BY = "signed_by"
    """A certificate signed by a CA of yours. Its key, and the CA's, live in the stack's state, encrypted as secrets."""
    CERTIFICATE = "certificate"
    """A certificate of yours. `dnsNames` and `ipAddresses` are what it must cover; without any that is the Service's
    name within the cluster (NAME.NAMESPACE.svc).
    """
    SECRET = "secret"
    """A Secret of type kubernetes.io/tls that is already there. Nothing of its key gets into Pulumi's state; a
    change of the Secret is served without a restart.
    """
    CERT_MANAGER = "cert_manager"
    """A certificate that cert-manager makes, renews and keeps in a Secret. Its key never gets into Pulumi's state,
    and nobody has to run `pulumi up`.
    """
    OFF = "off"
    """Plain HTTP, on purpose: something else in front ends TLS."""


class Algorithm(Enum):
    """One of 'ECDSA-P256', 'ECDSA-P384', 'RSA-2048', 'RSA-3072', 'RSA-4096', 'Ed25519'."""

    ECDSA_P256 = "ECDSA-P256"
    ECDSA_P384 = "ECDSA-P384"
    RSA_2048 = "RSA-2048"
    RSA_3072 = "RSA-3072"
    RSA_4096 = "RSA-4096"
    ED25519 = "Ed25519"


class TlsIssuerKind(Enum):
    """One of 'Issuer', 'ClusterIssuer'."""

    ISSUER = "Issuer"
    CLUSTER_ISSUER = "ClusterIssuer"


class ClientAuthCaKind(Enum):
    """One of 'pem', 'config_map', 'own'."""

    PEM = "pem"
    """The CA as PEM."""
    CONFIG_MAP = "config_map"
    """The CA in an existing ConfigMap. A change of it is followed without a restart."""
    OWN = "own"
    """The component's own CA: the one that issued its certificate (`ca.crt` of its Secret). Whoever has a client
    certificate of that CA is let in: with a CA that others share, the app has to look at the subject.
    """


class ClientAuthMode(Enum):
    """One of 'required', 'optional'."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class ServiceType(Enum):
    """One of 'ClusterIP', 'NodePort', 'LoadBalancer'."""

    CLUSTER_IP = "ClusterIP"
    NODE_PORT = "NodePort"
    LOAD_BALANCER = "LoadBalancer"


class ServiceSessionAffinity(Enum):
    """One of 'None', 'ClientIP'."""

    NONE = "None"
    CLIENT_IP = "ClientIP"


class ServiceInternalTrafficPolicy(Enum):
    """One of 'Cluster', 'Local'."""

    CLUSTER = "Cluster"
    LOCAL = "Local"


class ServiceIpFamilies(Enum):
    """One of 'IPv4', 'IPv6'."""

    IPV4 = "IPv4"
    IPV6 = "IPv6"


class ServiceIpFamilyPolicy(Enum):
    """One of 'SingleStack', 'PreferDualStack', 'RequireDualStack'."""

    SINGLE_STACK = "SingleStack"
    PREFER_DUAL_STACK = "PreferDualStack"
    REQUIRE_DUAL_STACK = "RequireDualStack"


class IngressController(Enum):
    """One of 'nginx', 'haproxy', 'traefik', 'other'."""

    NGINX = "nginx"
    HAPROXY = "haproxy"
    TRAEFIK = "traefik"
    OTHER = "other"


class IngressMode(Enum):
    """One of 'reencrypt', 'passthrough'."""

    REENCRYPT = "reencrypt"
    PASSTHROUGH = "passthrough"


class GatewayKind(Enum):
    """One of 'http_route', 'tls_route'."""

    HTTP_ROUTE = "http_route"
    """An HTTPRoute (gRPC apps: a GRPCRoute), and a BackendTLSPolicy by which the Gateway speaks TLS to the pod and
    verifies its certificate. Gateway API ≥1.4.
    """
    TLS_ROUTE = "tls_route"
    """A TLSRoute: the Gateway leads connections to the pod by their SNI, and sees nothing of what they carry.
    `hosts` become names of the pod's certificate. Gateway API ≥1.5; before it, name an older `version`.
    """


class GatewayVersion(Enum):
    """One of 'v1', 'v1alpha3', 'v1alpha2'."""

    V1 = "v1"
    V1ALPHA3 = "v1alpha3"
    V1ALPHA2 = "v1alpha2"


class PeersKind(Enum):
    """One of 'pods', 'addresses'."""

    PODS = "pods"
    """Pods of the cluster. Without anything else all pods of the component's own namespace."""
    ADDRESSES = "addresses"
    """Addresses, of clients outside the cluster: those of pods change."""


class AutoscalingMeasure(Enum):
    """One of 'app', 'pod'."""

    APP = "app"
    POD = "pod"


class MetricKind(Enum):
    """One of 'pods', 'object', 'external'."""

    PODS = "pods"
    """A custom metric of the pods (custom.metrics.k8s.io, from an adapter such as Prometheus'): its average."""
    OBJECT = "object"
    """A custom metric of one object in the namespace, an Ingress, say."""
    EXTERNAL = "external"
    """A metric of something outside the cluster (external.metrics.k8s.io): the length of a queue, say."""


class ScalingRulesSelect(Enum):
    """One of 'Max', 'Min', 'Disabled'."""

    MAX = "Max"
    MIN = "Min"
    DISABLED = "Disabled"


class DisruptionBudgetUnhealthyPods(Enum):
    """One of 'AlwaysAllow', 'IfHealthyBudget'."""

    ALWAYS_ALLOW = "AlwaysAllow"
    IF_HEALTHY_BUDGET = "IfHealthyBudget"


class Wish(Enum):
    """One of 'preferred', 'required'."""

    PREFERRED = "preferred"
    REQUIRED = "required"


class TolerationEffect(Enum):
    """One of 'NoSchedule', 'PreferNoSchedule', 'NoExecute'."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class NodeRequirementOperator(Enum):
    """One of 'In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GT = "Gt"
    LT = "Lt"


class VolumeKind(Enum):
    """One of 'empty_dir', 'config_map', 'secret', 'persistent_volume_claim'."""

    EMPTY_DIR = "empty_dir"
    """An empty folder that lives as long as the pod; its containers share it."""
    CONFIG_MAP = "config_map"
    """The keys of an existing ConfigMap as files."""
    SECRET = "secret"
    """The keys of an existing Secret as files, readable by the pod's group."""
    PERSISTENT_VOLUME_CLAIM = "persistent_volume_claim"
    """An existing claim on storage that outlives the pod."""


class VolumeMedium(Enum):
    """One of 'disk', 'memory'."""

    DISK = "disk"
    MEMORY = "memory"


class DrainBy(Enum):
    """One of 'sleep_action', 'exec'."""

    SLEEP_ACTION = "sleep_action"
    EXEC = "exec"

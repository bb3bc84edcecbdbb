"""The proxy containers among a program's Kubernetes objects, with the files that they mount."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Literal

from pulumi_sidecar import layout
from pulumi_sidecar.inject.edits import find
from pulumi_sidecar.inject.workloads import TEMPLATES
from pulumi_sidecar.manifests import Object
from pulumi_sidecar.proxy import httpd, nginx
from pulumi_sidecar.runtime.recorded import UNKNOWN
from pulumi_sidecar.servers import Kind

APP = "app"
"""The name of the app's port among the proxy's own."""

LOCAL_ADDRESS = re.compile(r"(?<![\d.])127\.0\.0\.1:(\d+)")
"""An address within the pod, and its port."""

_SOCKET = re.compile(r"unix:(/[^\s;|\"]+)")

_SPEAKS = re.compile(
    r"(?m)^\s*(?:(proxy|uwsgi|fastcgi|grpc)_pass (?:\w+://)?app[;/]|ProxyPass\S* .*(?:[\s\"|])(uwsgi|fcgi|h2c|http)://)"
)
_PROTOCOLS = {"uwsgi": "uWSGI", "fastcgi": "FastCGI", "fcgi": "FastCGI", "grpc": "gRPC", "h2c": "gRPC"}
_COUNTS = re.compile(r"(?mi)^\s*listen\s+127\.0\.0\.1:(\d+)")
"""Where the proxy tells what it counts: its one port that the pod keeps to itself."""

_KINDS: dict[str, Kind] = {nginx.FILE: "nginx", httpd.FILE: "httpd"}


class LocalError(Exception):
    """The proxy cannot run on this machine. The text gives reason and remedy."""


@dataclass(frozen=True)
class Container:
    """A proxy container of a program, with what it mounts."""

    name: str
    """The component's name, from its label."""
    file: str
    """The name of the main configuration file."""
    ports: Mapping[str, int]
    """The container's ports by name, the app's where it listens on one, and the one for counts (layout.METRICS)."""
    volumes: Mapping[str, Mapping[str, bytes] | None]
    """Mount path → files of a ConfigMap or Secret; None for a folder that is empty at first."""
    secrets: frozenset[str]
    """The mount paths whose files are secret."""
    missing: Mapping[str, str]
    """Mount path → ConfigMap or Secret that is no part of the program. Certificates in there have stand-ins."""
    app_env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment of the app's container, so far as it holds plain values."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The pod's labels."""
    namespace: str | None = None
    """The workload's namespace, where it names one."""
    resource: str = ""
    """The name of the Pulumi component that made it, else the workload's own in the program."""

    @property
    def kind(self) -> Kind:
        """The server that it is for."""
        return _KINDS[self.file]

    @property
    def texts(self) -> dict[str, str]:
        """The configuration files as they are in the container, by name."""
        return {name: data.decode() for name, data in (self.volumes[layout.CONFIG_DIR] or {}).items()}

    @property
    def socket(self) -> PurePosixPath | None:
        """The unix socket in the pod on which the app listens, or None."""
        found = _SOCKET.search(self.texts[self.file])
        return PurePosixPath(found[1]) if found else None

    @property
    def protocol(self) -> str:
        """What the proxy speaks to the app, as people call it."""
        found = _SPEAKS.search(self.texts[self.file])
        word = next(filter(None, found.groups()), "") if found else ""
        return _PROTOCOLS.get(word, "HTTP")

    @property
    def address(self) -> str:
        """Where the proxy finds the app."""
        return f"unix:{self.socket}" if self.socket else f"127.0.0.1:{self.ports[APP]}" if APP in self.ports else ""

    @property
    def client_certificates(self) -> Literal["required", "optional", ""]:
        """Whether clients are asked for a certificate."""
        found = re.search(r"(?m)^\s*(?:ssl_verify_client|SSLVerifyClient)\s+(\w+)", self.texts[self.file])
        if found is None:
            return ""
        return "required" if found[1] in ("on", "require") else "optional"

    @property
    def proxy_protocol(self) -> bool:
        """Whether connections have to begin with a PROXY protocol header."""
        return bool(re.search(r"(?m)^\s*(?:listen .* proxy_protocol;|RemoteIPProxyProtocol On)", self.texts[self.file]))

    def tls_file(self, name: str) -> bytes | None:
        """tls.crt, tls.key or ca.crt; None where the program does not hold it."""
        return (self.volumes.get(layout.TLS_DIR) or {}).get(name)


def containers(workloads: Sequence[Object], objects: Sequence[Object] | None = None) -> list[Container]:
    """The proxy containers of workloads, in their order; what they mount is among the program's `objects`, by default
    the same."""
    objects = workloads if objects is None else objects
    found = []
    for each in workloads:
        template = template_of(each)
        if isinstance(template.get("spec"), Mapping):
            ours = find(template, ("metadata", "labels", layout.COMPONENT_LABEL))
            # A Job may have nothing but the beginning of a name.
            name = ours or find(each, ("metadata", "name")) or find(each, ("metadata", "generateName")) or ""
            found.append(of_template(str(name), find(each, ("metadata", "namespace")), template, objects))
    return [each for each in found if each]


def template_of(each: Object) -> Mapping[str, Any]:
    """A workload's pod template; empty for other objects."""
    template = find(each, TEMPLATES.get(str(each.get("kind")), ("spec", "template")))
    return template if isinstance(template, Mapping) else {}


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a Service's selector takes pods with these labels. One that is empty takes none."""
    if not isinstance(selector, Mapping) or not selector:
        return False
    return all(labels.get(key) == value for key, value in selector.items())


def app_of(template: Mapping[str, Any]) -> str:
    """The name of the app's container."""
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(layout.APP_ANNOTATION, layout.APP_CONTAINER))


def of_template(
    name: str, namespace: str | None, template: Mapping[str, Any], objects: Sequence[Object]
) -> Container | None:
    """The proxy in a pod template: the container that mounts our configuration; None where there is none."""
    pod = template.get("spec") or {}
    sources = {
        (each["kind"], find(each, ("metadata", "namespace")), find(each, ("metadata", "name"))): each
        for each in objects
        if each.get("kind") in ("ConfigMap", "Secret")
    }
    every = _all_containers(pod)
    app = next((each for each in every if each["name"] == app_of(template)), {})
    for each in every:
        if any(mount.get("mountPath") == layout.CONFIG_DIR for mount in each.get("volumeMounts") or ()):
            read = _container(name, namespace, each, pod.get("volumes") or [], sources)
            labels = (template.get("metadata") or {}).get("labels") or {}
            return replace(read, app_env=_environment(app), labels=labels)
    return None


def _all_containers(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Also the native sidecars, which stand among the init containers."""
    return [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]


def _environment(container: Mapping[str, Any]) -> dict[str, str]:
    """Without what comes from somewhere else in the cluster."""
    return {each["name"]: str(each["value"]) for each in container.get("env") or () if "value" in each}


def _container(
    name: str,
    namespace: str | None,
    container: Mapping[str, Any],
    declared: Sequence[Mapping[str, Any]],
    sources: Mapping[tuple[str, str | None, str], Object],
) -> Container:
    by_name = {volume["name"]: volume for volume in declared}
    volumes: dict[str, Mapping[str, bytes] | None] = {}
    secrets: set[str] = set()
    missing: dict[str, str] = {}
    for mount in container.get("volumeMounts") or []:
        volume, path = by_name[mount["name"]], mount["mountPath"]
        volumes[path] = None
        for kind, key, named_by in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
            if key in volume:
                source = sources.get((kind, namespace, volume[key][named_by]))
                volumes[path] = _files(source) if source else None
                secrets |= {path} if kind == "Secret" else set()
                missing |= {} if source else {path: f"{kind} {volume[key][named_by]}"}
    files = volumes.get(layout.CONFIG_DIR) or {}
    main = next((file for file in _KINDS if file in files), None)
    if main is None:
        raise LocalError(f"{name}: the configuration of its proxy is not part of the program")
    text = files[main].decode()
    volumes |= {path: _stand_ins(path, text) for path in missing}
    ports = {port["name"]: int(port["containerPort"]) for port in container.get("ports") or []}
    if counts := _COUNTS.search(text):
        ports[layout.METRICS] = int(counts[1])
    app = _app_port(text, set(ports.values()))
    return Container(
        name,
        main,
        ports | ({APP: app} if app else {}),
        volumes,
        frozenset(secrets),
        missing,
        namespace=namespace,
    )


def _files(source: Object) -> dict[str, bytes]:
    """The files that a volume of this ConfigMap or Secret holds."""
    decoded = "data" if source["kind"] == "Secret" else "binaryData"
    text = "stringData" if source["kind"] == "Secret" else "data"
    files = {key: base64.b64decode(value) for key, value in (source.get(decoded) or {}).items() if value != UNKNOWN}
    return files | {key: value.encode() for key, value in (source.get(text) or {}).items() if value != UNKNOWN}


def _stand_ins(path: str, main: str) -> dict[str, bytes]:
    """Certificates for nobody, where the real ones are not in the program: servers look for the files in every test."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    signed = builder.not_valid_after(now + timedelta(days=1)).add_extension(names, critical=True)
    certificate = signed.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    wanted = re.findall(rf"{re.escape(path)}/([A-Za-z0-9._-]+)", main)
    return {file: private if file.endswith(".key") else certificate for file in wanted}


def _app_port(text: str, own: set[int]) -> int | None:
    """The app's address comes before all others: nothing of the user's own stands above it."""
    ports = (int(found) for found in LOCAL_ADDRESS.findall(text))
    return next((port for port in ports if port not in own), None)

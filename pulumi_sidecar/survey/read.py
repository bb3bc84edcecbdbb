"""From a program's objects to what there is to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from pulumi_sidecar import layout, offline, proxies
from pulumi_sidecar.inject.workloads import TEMPLATES
from pulumi_sidecar.manifests import Object
from pulumi_sidecar.survey import around, pods
from pulumi_sidecar.survey.certificates import Certificates
from pulumi_sidecar.survey.model import (
    Beside,
    Container,
    Link,
    Other,
    Service,
    ServicePort,
    Source,
    Survey,
    Volume,
    Workload,
)
from pulumi_sidecar.survey.names import Names, place
from pulumi_sidecar.survey.unknown import NotKnown, is_known, number

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod")
_FILLS = {
    "configMap": ("ConfigMap", "name"),
    "secret": ("Secret", "secretName"),
    "persistentVolumeClaim": ("persistentVolumeClaim", "claimName"),
}
_READ_ONLY = ("configMap", "secret", "projected", "downwardAPI")
"""Volumes that nobody can write to, whatever the mount says."""
_IN_FRONT = ("Ingress",)


def read(run: offline.Run, now: datetime | None = None) -> Survey:
    """Everything in a program. `now` is when days are counted from."""
    workloads: list[Workload] = []
    others: list[Other] = []
    for cluster in run.clusters():
        reader = _Reader(cluster, now)
        workloads += [reader.workload(each) for each in reader.names.objects if each.get("kind") in _WORKLOADS]
        others += [reader.other(each) for each in reader.names.objects if place(each) not in reader.drawn]
    return Survey(tuple(sorted(workloads, key=lambda each: not each.component)), tuple(others))


class _Reader:
    def __init__(self, run: offline.Run, now: datetime | None) -> None:
        self.names = Names(run)
        self.drawn: set[tuple[str, str, str]] = set()
        self._certificates = Certificates(run, now)

    def other(self, each: Object) -> Other:
        kind, namespace, name = place(each)
        holds = self._certificates.of(each) if kind in ("ConfigMap", "Secret") else ()
        return Other(kind, self.names.shown(kind, namespace, name), holds)

    def workload(self, each: Object) -> Workload:
        kind, namespace, name = place(each)
        self.drawn.add((kind, namespace, name))
        spec = around.spec_of(each)
        template = _template(each)
        labels = (template.get("metadata") or {}).get("labels") or {}
        pod = template.get("spec") or {}
        here = [other for other in self.names.objects if place(other)[1] == namespace]
        containers = pods.containers(pod, proxies.app_of(template))
        services = self._services(here, labels, containers)
        named = [own for own, _ in services]
        rules = self._rules(here, kind, name, labels)
        proxy = self._proxy(str(labels.get(layout.COMPONENT_LABEL, name)), namespace, template)
        return Workload(
            kind=kind,
            name=self.names.shown(kind, namespace, name),
            namespace=namespace,
            component="" if isinstance(labels, NotKnown) else str(labels.get(layout.COMPONENT_LABEL, "")),
            pods=_pods(spec, kind, rules),
            grace_seconds=number(pod.get("terminationGracePeriodSeconds", 30)),
            containers=containers,
            volumes=self._volumes(pod, namespace),
            link=Link(proxy.protocol, proxy.address) if proxy else None,
            client_certificates=proxy.client_certificates if proxy else "",
            server=proxy.kind if proxy else "",
            services=tuple(service for _, service in services),
            routes=self._routes(here, named),
            rules=rules,
            parent=self.names.parent(kind, namespace, name),
        )

    def _proxy(self, name: str, namespace: str, template: Mapping[str, Any]) -> proxies.Container | None:
        try:
            return proxies.of_template(name, namespace or None, template, self.names.unredacted)
        except proxies.LocalError:  # its configuration is somebody else's
            return None
        except (AttributeError, KeyError, TypeError, ValueError):  # what runs it has to be known, and here is not
            return None

    def _services(
        self, here: Sequence[Object], labels: Mapping[str, Any], containers: Sequence[Container]
    ) -> list[tuple[str, Service]]:
        """With the names by which others refer to them."""
        found = []
        for each in here:
            spec = around.spec_of(each)
            if each.get("kind") == "Service" and around.selects(spec.get("selector"), labels):
                self.drawn.add(place(each))
                ports = tuple(_service_port(port, containers) for port in spec.get("ports") or ())
                shown, type_ = self.names.shown(*place(each)), str(spec.get("type") or "ClusterIP")
                found.append((place(each)[2], Service(shown, type_, ports)))
        return found

    def _routes(self, here: Sequence[Object], services: Sequence[str]) -> tuple[Beside, ...]:
        found = []
        for each in here:
            kind = str(each.get("kind"))
            if kind not in _IN_FRONT and not kind.endswith("Route"):
                continue
            if led := tuple(number for number, service in enumerate(services) if around.leads_to(each, service)):
                self.drawn.add(place(each))
                found.append(replace(around.beside(each, self.names), services=led))
        return tuple(found)

    def _rules(self, here: Sequence[Object], kind: str, name: str, labels: Mapping[str, Any]) -> tuple[Beside, ...]:
        found = []
        for each in here:
            if each.get("kind") in (*_WORKLOADS, "Service", "ConfigMap", "Secret", "Certificate", *_IN_FRONT):
                continue
            if str(each.get("kind")).endswith("Route") or place(each) in self.drawn:
                continue
            if around.governs(each, kind, name, labels):
                self.drawn.add(place(each))
                found.append(around.beside(each, self.names))
        return tuple(found)

    def _volumes(self, pod: Mapping[str, Any], namespace: str) -> tuple[Volume, ...]:
        found = []
        for each in pod.get("volumes") or ():
            key = next((key for key in each if key != "name"), "emptyDir")
            about = each.get(key) or {}
            kind, named_by = _FILLS.get(key, (str(key), ""))
            name = about.get(named_by) if named_by else None
            source = self._source(kind, namespace, str(name)) if name else None
            mounts = pods.mounts(pod, each["name"], writable=key not in _READ_ONLY)
            found.append(Volume(str(each["name"]), kind, source, mounts))
        return tuple(found)

    def _source(self, kind: str, namespace: str, name: str) -> Source:
        kind = {"persistentVolumeClaim": "PersistentVolumeClaim"}.get(kind, kind)
        body = self.names.find(kind, namespace, name)
        shown = self.names.shown(kind, namespace, name)
        if body is None:
            return Source(kind, shown, in_program=False, made_by=self._made_by(kind, namespace, name))
        self.drawn.add(place(body))
        data = [str(key) for part in ("data", "stringData", "binaryData") for key in body.get(part) or {}]
        return Source(
            kind,
            shown,
            True,
            tuple(sorted(data, key=lambda file: (not file.endswith(".conf"), file))),
            self._certificates.of(body),
        )

    def _made_by(self, kind: str, namespace: str, name: str) -> str:
        for each in self.names.objects:
            spec = around.spec_of(each)
            ours = each.get("kind") == "Certificate" and spec.get("secretName") == name
            if kind == "Secret" and ours and place(each)[1] == namespace:
                self.drawn.add(place(each))
                issuer = spec.get("issuerRef") or {}
                return f"cert-manager, by {issuer.get('kind', 'Issuer')} {issuer.get('name')}"
        return ""


def _template(each: Object) -> Mapping[str, Any]:
    """As proxies.template_of, where any part of the way there may be unknown."""
    found: Any = each
    for step in TEMPLATES.get(str(each.get("kind")), ("spec", "template")):
        found = found.get(step)
        if not isinstance(found, Mapping | NotKnown):
            return {}
    return cast(Mapping[str, Any], found)


def _service_port(port: Any, containers: Sequence[Container]) -> ServicePort:
    target = port.get("targetPort", port.get("port"))
    name = "" if isinstance(port, NotKnown) else str(port.get("name", ""))
    for container in containers if is_known(target) else ():
        for own in container.ports:
            if target in (own.name, own.number):
                return ServicePort(name, number(port["port"]), str(target), own.number, container.name)
    itself = target if isinstance(target, int) else None
    return ServicePort(name, number(port["port"]), str(target), itself, "")


def _pods(spec: Mapping[str, Any], kind: str, rules: Sequence[Beside]) -> str:
    for rule in rules:
        if rule.kind == "HorizontalPodAutoscaler" and rule.lines:
            return rule.lines[0]
    if kind == "DaemonSet":
        return "a pod on each node"
    count = spec.get("replicas", 1)
    return "1 pod" if count in (None, 1) else f"{count} pods"

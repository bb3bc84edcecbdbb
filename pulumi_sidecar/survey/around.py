"""Objects around pods, read generically: what leads to a Service, and what governs the pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_sidecar import layout, proxies
from pulumi_sidecar.manifests import Object
from pulumi_sidecar.network import NAMESPACE_NAME
from pulumi_sidecar.survey.model import Beside
from pulumi_sidecar.survey.names import Names, place
from pulumi_sidecar.survey.unknown import NotKnown


def _walk(value: Any, key: str) -> Iterator[Any]:
    """Every value under that key, at any depth."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == key:
                yield item
            yield from _walk(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, key)


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a selector of plain labels, or of matchLabels, takes pods with these labels."""
    if not isinstance(selector, Mapping):
        return False
    wanted = selector.get("matchLabels", {} if "matchExpressions" in selector else selector) or {}
    return proxies.selects(wanted, labels)


def spec_of(each: Object) -> Any:
    """The spec; of a custom resource whose spec is no mapping, an empty one: nobody here can read it."""
    spec = each.get("spec")
    return spec if isinstance(spec, Mapping | NotKnown) else {}


def leads_to(each: Object, service: str) -> bool:
    """Whether an Ingress, a route or the like names the Service."""
    spec = spec_of(each)
    backends = [item for found in _walk(spec, "backendRefs") for item in (found if isinstance(found, list) else [])]
    backends += [found for found in _walk(spec, "service") if isinstance(found, Mapping)]
    return any(isinstance(item, Mapping) and item.get("name") == service for item in backends)


def governs(each: Object, kind: str, name: str, labels: Mapping[str, Any]) -> bool:
    """Whether the object is about the workload: by a reference, by a selector, or by the component's label."""
    spec = spec_of(each)
    for key in ("scaleTargetRef", "targetRef"):
        reference = spec.get(key)
        if isinstance(reference, Mapping):
            return bool(reference.get("kind", kind) == kind and reference.get("name") == name)
    selectors = [spec[key] for key in ("selector", "podSelector") if key in spec]
    if selectors:
        return any(selects(selector, labels) for selector in selectors)
    own = (each.get("metadata") or {}).get("labels") or {}
    component = labels.get(layout.COMPONENT_LABEL)
    return component is not None and own.get(layout.COMPONENT_LABEL) == component


def beside(each: Object, names: Names) -> Beside:
    """The object in a few words."""
    kind, namespace, name = place(each)
    spec = spec_of(each)
    describe = _DESCRIBE.get(kind)
    if describe is None and kind.endswith("Route"):
        describe = _route
    lines = [*(describe(spec) if describe else ()), *_reads(each, names)]
    return Beside(kind, names.shown(kind, namespace, name), tuple(lines))


def _reads(each: Object, names: Names) -> Iterator[str]:
    """The program's Secrets that annotations name (NAMESPACE/NAME, for Ingress controllers), and a policy's CAs."""
    namespace = place(each)[1]
    for value in ((each.get("metadata") or {}).get("annotations") or {}).values():
        space, _, name = str(value).rpartition("/")
        if names.find("Secret", space or namespace, name):
            yield f"reads Secret {names.shown('Secret', space or namespace, name)}"
    for found in _walk(spec_of(each), "caCertificateRefs"):
        yield from (f"reads {ref['kind']} {names.shown(ref['kind'], namespace, ref['name'])}" for ref in found or ())


def _ingress(spec: Mapping[str, Any]) -> Iterator[str]:
    secure = {host for tls in spec.get("tls") or () for host in tls.get("hosts") or ()}
    for rule in spec.get("rules") or ():
        host = rule.get("host", "*")
        paths: Sequence[Mapping[str, Any]] = (rule.get("http") or {}).get("paths") or [{}]
        for path in paths:
            yield f"{'https' if host in secure else 'http'}://{host}{path.get('path', '/')}"
    if spec.get("ingressClassName"):
        yield f"class {spec['ingressClassName']}"


def _route(spec: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(host) for host in spec.get("hostnames") or ())
    for parent in spec.get("parentRefs") or ():
        section = f" ({parent['sectionName']})" if parent.get("sectionName") else ""
        yield f"of {parent.get('kind', 'Gateway')} {parent.get('name')}{section}"


def _autoscaler(spec: Mapping[str, Any]) -> Iterator[str]:
    yield f"{spec.get('minReplicas', 1)} to {spec.get('maxReplicas')} pods"
    for metric in spec.get("metrics") or ():
        about = metric.get(str(metric.get("type", ""))[:1].lower() + str(metric.get("type", ""))[1:]) or {}
        target = about.get("target") or {}
        what = about.get("name") or (about.get("metric") or {}).get("name", "")
        if "averageUtilization" in target:
            yield f"{what} at {target['averageUtilization']} %"
        else:
            yield f"{what} at {target.get('averageValue', target.get('value', '?'))}"


def _budget(spec: Mapping[str, Any]) -> Iterator[str]:
    if "minAvailable" in spec:
        yield f"{spec['minAvailable']} stay up in a drain"
    if "maxUnavailable" in spec:
        yield f"at most {spec['maxUnavailable']} down in a drain"


def _policy(spec: Mapping[str, Any]) -> Iterator[str]:
    for direction, word, peers in (("ingress", "in", "from"), ("egress", "out", "to")):
        if direction not in spec and direction.capitalize() not in (spec.get("policyTypes") or ()):
            continue
        rules = spec.get(direction) or ()
        if not rules:
            yield f"{word}: nothing"
        for rule in rules:
            ports = ", ".join(str(port.get("port")) for port in rule.get("ports") or ()) or "all ports"
            who = ", ".join(_peer(peer) for peer in rule.get(peers) or ()) or "anybody"
            yield f"{word}: {ports} {peers} {who}"


def _peer(peer: Any) -> str:
    if isinstance(peer, NotKnown):
        return str(peer)
    if "ipBlock" in peer:
        return str(peer["ipBlock"].get("cidr"))
    found = []
    for key, what in (("podSelector", "pods"), ("namespaceSelector", "namespaces")):
        if key in peer:
            found.append(f"{what} {', '.join(_selected(peer[key] or {})) or '(all)'}")
    return " in ".join(found) or "anybody"


def _selected(selector: Any) -> Iterator[str]:
    if isinstance(selector, NotKnown):
        yield str(selector)
        return
    yield from (f"{key}={value}".lstrip("=") for key, value in (selector.get("matchLabels") or {}).items())
    for each in selector.get("matchExpressions") or ():
        values = "|".join(map(str, each.get("values") or ()))
        if (each.get("key"), each.get("operator")) == (NAMESPACE_NAME, "In"):
            yield values
        else:
            yield f"{each.get('key')} {each.get('operator')} {values}".rstrip()


def _backend_tls(spec: Mapping[str, Any]) -> Iterator[str]:
    validation = spec.get("validation") or {}
    yield f"the Gateway verifies {validation.get('hostname')}"
    if validation.get("wellKnownCACertificates"):
        yield "by the system's CAs"


def _monitor(spec: Mapping[str, Any]) -> Iterator[str]:
    for endpoint in spec.get("podMetricsEndpoints") or spec.get("endpoints") or ():
        yield f"scrapes {endpoint.get('port') or endpoint.get('targetPort')}"


def _prometheus_rule(spec: Mapping[str, Any]) -> Iterator[str]:
    for group in spec.get("groups") or ():
        yield from (f"alert {rule['alert']}" for rule in group.get("rules") or () if rule.get("alert"))


_DESCRIBE = {
    "Ingress": _ingress,
    "HorizontalPodAutoscaler": _autoscaler,
    "PodDisruptionBudget": _budget,
    "NetworkPolicy": _policy,
    "BackendTLSPolicy": _backend_tls,
    "PodMonitor": _monitor,
    "ServiceMonitor": _monitor,
    "PrometheusRule": _prometheus_rule,
}

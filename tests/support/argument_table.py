"""Every argument of a model, found by walking its types, and a right and a wrong value for each.

A new argument whose type has no sample here fails the tests: `sample_for` raises.
"""

from __future__ import annotations

import types
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pulumi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import BaseModel

from pulumi_sidecar import (
    CertificateAuthority,
    CertificateAuthorityArgs,
    SidecarDeploymentArgs,
    SidecarInjectionArgs,
    fields,
)
from pulumi_sidecar.args import proxy, tls
from pulumi_sidecar.inputs import FromPulumi

Step = tuple[Literal["field", "key", "index", "kind"], Any]

WRONG = "Wr0ng value; $"
"""A value that hardly any argument takes, and that would be recognised in any message."""


@dataclass(frozen=True)
class Argument:
    """A place where a user may put a value."""

    model: type[BaseModel]
    steps: tuple[Step, ...]
    annotation: Any
    late: bool
    """It takes Outputs, too."""
    whole: bool = False
    """It is a model, dict or list, whose parts are arguments of their own."""

    @property
    def path(self) -> str:
        """The property path, as errors name it."""
        text = ""
        for kind, step in self.steps:
            if kind == "field":
                text += f".{step}" if text else step
            elif kind != "kind":
                text += f'["{step}"]' if kind == "key" else f"[{step}]"
        return text

    @property
    def id(self) -> str:
        """The path, with the alternative that was chosen: tls(issued).algorithm."""
        text = ""
        for kind, step in self.steps:
            if kind == "field":
                text += f".{step}" if text else step
            else:
                text += f"({step})" if kind == "kind" else f"[{step}]"
        return f"{text}{' whole' if self.whole else ''}"

    def arguments(self, value: Any) -> dict[str, Any]:
        """The smallest arguments with `value` in this place."""
        result = copied(BASE[self.model])
        place(result, self.steps, value, self.model)
        for where, more in CONTEXT.items():
            if self.id.endswith(where) or (where.endswith("*") and self.id.startswith(where[:-1])):
                result = over(result, more)
        return result


@dataclass(frozen=True)
class Sample:
    """A right value and a wrong one."""

    good: Any
    """The value, or a function that makes it within the program."""
    wrong: Any = WRONG
    public: str = ""
    """Why it does not stay a secret, if it does not."""
    passes_through: bool = True
    """It gets into a resource. Otherwise it is only compared with something."""


# --- walking ----------------------------------------------------------------------------------------------------------


def arguments_of(model: type[BaseModel]) -> list[Argument]:
    """All arguments below a model."""
    return list(_model(model, model, ()))


def _model(root: type[BaseModel], model: type[BaseModel], steps: tuple[Step, ...]) -> Iterator[Argument]:
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name in model.model_fields and not (name == "kind" and get_origin(hint) is Literal):
            yield from _of_type(root, hint, (*steps, ("field", name)))


def _of_type(root: type[BaseModel], hint: Any, steps: tuple[Step, ...]) -> Iterator[Argument]:
    members = _members(hint)
    models = [_bare(member) for member in members if _is_model(member)]
    late = _is_late(hint) and not models
    kinds = [kind_of(model) for model in models]
    if models and all(kinds) and len(models) == len(members):  # a tagged union
        yield Argument(root, (*steps, ("field", "kind")), hint, late=False)
        yield Argument(root, steps, hint, late=False, whole=True)
        for model, kind in zip(models, kinds, strict=True):
            yield from _model(root, model, (*steps, ("kind", kind)))
        return
    for model in models:
        yield from _model(root, model, (*steps, ("kind", model.__name__)) if len(models) > 1 else steps)
    plain = [member for member in members if not _is_model(member)]
    if models and not plain:
        yield Argument(root, steps, hint, late=False, whole=True)
        return
    for member in plain:
        bare = _bare(member)
        if get_origin(bare) in (dict, tuple):
            yield Argument(root, steps, hint, late=False, whole=True)
            inner = get_args(bare)[1 if get_origin(bare) is dict else 0]
            step: Step = ("key", key_for(get_args(bare)[0])) if get_origin(bare) is dict else ("index", 0)
            yield from _of_type(root, inner, (*steps, step))
            return
    inner_late = any(_is_late(member) for member in plain)
    yield Argument(root, steps, Union[tuple(_flat(plain))], late=late or inner_late)  # noqa: UP007


def _flat(members: list[Any]) -> list[Any]:
    return [inner for member in members for inner in (_members(member) if _is_late(member) else [member])]


def _members(hint: Any) -> list[Any]:
    """The alternatives of a type, without None and what only Outputs are; annotations stay on single ones."""
    bare = _bare(hint)
    if get_origin(bare) in (Union, types.UnionType):
        nested = [inner for member in get_args(bare) for inner in (_members(member) if _union(member) else [member])]
        return [each for each in nested if each is not types.NoneType and get_origin(each) not in _LATE]
    return [hint]


_LATE = (pulumi.Output, get_origin(Awaitable[int]))


def _union(hint: Any) -> bool:
    return get_origin(_bare(hint)) in (Union, types.UnionType) and not _is_late(hint)


def _bare(hint: Any) -> Any:
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return hint


def _is_late(hint: Any) -> bool:
    if get_origin(hint) is Annotated and any(isinstance(mark, FromPulumi) for mark in hint.__metadata__):
        return True
    bare = _bare(hint)
    return get_origin(bare) in (Union, types.UnionType) and any(
        get_origin(member) is Annotated and _is_late(member) and not _is_model(member) for member in get_args(bare)
    )


def _is_model(hint: Any) -> bool:
    bare = _bare(hint)
    return isinstance(bare, type) and issubclass(bare, BaseModel)


def kind_of(model: Any) -> str | None:
    """The tag of a model of a tagged union."""
    field = _bare(model).model_fields.get("kind")
    return get_args(field.annotation)[0] if field is not None else None


def models_below(hint: Any) -> list[type[BaseModel]]:
    """The models among the alternatives of a type."""
    return [_bare(member) for member in _members(hint) if _is_model(member)]


# --- putting a value in its place -------------------------------------------------------------------------------------


def place(target: dict[str, Any], steps: tuple[Step, ...], value: Any, model: type[BaseModel]) -> None:
    """Put `value` at `steps`, making what is above it: the smallest that is valid."""
    where: Any = target
    hint: Any = model
    for number, (kind, step) in enumerate(steps):
        models = models_below(hint)
        if kind == "kind":
            hint = next(each for each in models if step in (kind_of(each), each.__name__))
            if where.get("kind", step) != step:  # another alternative was there, because one is required
                where.clear()
            _fill(where, hint)
            continue
        if kind == "field":
            if len(models) == 1:
                _fill(where, models[0])
            owner = next((each for each in models if step in each.model_fields), None)
            hint = get_type_hints(owner, include_extras=True)[step] if owner and step != "kind" else Any
        else:
            inner = next(_bare(each) for each in _members(hint) if get_origin(_bare(each)) in (dict, tuple))
            hint = get_args(inner)[1 if kind == "key" else 0]
        last = number == len(steps) - 1
        _put(where, step, value if last else [] if steps[number + 1][0] == "index" else {}, replace=last)
        where = where[step]


def _fill(where: dict[str, Any], model: type[BaseModel]) -> None:
    for name, value in smallest(model).items():
        where.setdefault(name, value)


def _put(where: Any, step: Any, value: Any, *, replace: bool) -> None:
    if isinstance(where, list):
        if replace or len(where) <= step:
            where[step:] = [value]
    elif replace or step not in where:
        where[step] = value


def smallest(model: type[BaseModel]) -> dict[str, Any]:
    """The arguments that a model cannot do without."""
    result: dict[str, Any] = {}
    hints = get_type_hints(model, include_extras=True)
    kind = kind_of(model)
    if kind is not None:
        result["kind"] = kind
    for name, field in model.model_fields.items():
        if field.is_required():
            below = models_below(hints[name])
            late = [member for member in _members(hints[name]) if not _is_model(member)]
            union = Union[tuple(_flat(late))] if late else None  # noqa: UP007
            result[name] = smallest(below[0]) if below else copied(sample_for(union, f"({kind}).{name}").good)
    return result


def copied(value: Any) -> Any:
    """A copy of dicts and lists, not of what is in them."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def over(base: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `more` over it, dict by dict; None takes a key away."""
    for key, value in more.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(base.get(key), dict):
            over(base[key], value)
        elif isinstance(value, list) and isinstance(value[0], Mapping) and isinstance(base.get(key), list):
            base[key] = [over(base[key][index], item) for index, item in enumerate(value)]
        else:
            base[key] = copied(value)
    return base


# --- samples ----------------------------------------------------------------------------------------------------------


@lru_cache
def pki() -> dict[str, str]:
    """A CA, and a certificate from it for every name that the samples ask for: PEM by name."""
    name = "web.default.svc"
    keys = {who: ec.generate_private_key(ec.SECP256R1()) for who in ("ca", "leaf")}
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sample CA")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName(each) for each in (name, "sample.acme.com")] + [x509.IPAddress(ip_address("192.0.2.47"))]
    )
    result = {}
    for who, owner in (("ca", issuer), ("leaf", subject)):
        builder = x509.CertificateBuilder(issuer, owner, keys[who].public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=900))
        builder = builder.add_extension(x509.BasicConstraints(who == "ca", None), critical=True)
        builder = builder.add_extension(names, critical=False) if who == "leaf" else builder
        made = builder.sign(keys["ca"], hashes.SHA256())
        result[who] = made.public_bytes(serialization.Encoding.PEM).decode()
        form = serialization.PrivateFormat.PKCS8
        key = keys[who].private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        result[f"{who} key"] = key.decode()
    return result


_CERTIFICATE = "a certificate is public, and looking at its key must not make it a secret"

BY_TYPE: dict[Any, Sample] = {
    bool: Sample(True),
    str: Sample("sample text", [WRONG]),
    fields.Image: Sample("ghcr.io/sample/image:4711"),
    fields.ObjectName: Sample("sample-object"),
    fields.DataKey: Sample("sample.key"),
    fields.DnsLabel: Sample("sample-label"),
    fields.ServiceName: Sample("sample-service"),
    fields.DnsName: Sample("sample.acme.com"),
    fields.Host: Sample("sample.acme.com"),
    fields.HostName: Sample("sample.acme.com"),
    fields.IpAddress: Sample("192.0.2.47"),
    fields.LabelValue: Sample("sample-value"),
    fields.Cpu: Sample("4711m"),
    fields.Memory: Sample("4711Mi"),
    fields.FilePath: Sample("/sample/path"),
    fields.SocketPath: Sample("/sample/path"),
    fields.UrlPath: Sample("/sample/health"),
    fields.MountPath: Sample("/sample"),
    fields.FolderUrl: Sample("/sample/"),
    fields.Port: Sample(4711),
    fields.HighPort: Sample(4712),
    fields.Seconds: Sample(47),
    fields.LongSeconds: Sample(4711),
    fields.Count: Sample(4711),
    fields.PodCount: Sample(4711),
    fields.Percent: Sample(811),
    fields.Weight: Sample(47),
    fields.StabilizationSeconds: Sample(811),
    fields.Period: Sample(811),
    fields.Quantity: Sample("4711m"),
    fields.MetricName: Sample("sample_metric"),
    fields.ApiVersion: Sample("sample.acme.com/v1"),
    fields.Kind: Sample("Sample"),
    fields.LabelKey: Sample("sample/label"),
    Union[fields.Count, fields.PercentText]: Sample("47%"),  # noqa: UP007
    fields.ByteSize: Sample("47Mi"),
    proxy.Workers: Sample(47),
    fields.Network: Sample("192.0.2.0/24"),
    Union[fields.MountPath, Literal["/"]]: Sample("/sample"),  # noqa: UP007
    Union[fields.UserId, Literal["image"]]: Sample(4711),  # noqa: UP007
    Literal[False]: Sample(False),
    tls.Days: Sample(47),
    tls.Generation: Sample(2),
    tls.HeaderName: Sample("X-Sample"),
    tls.CertificatePem: Sample(lambda: pki()["ca"]),
    tls.KeyPem: Sample(lambda: pki()["ca key"]),
    Annotated[tls.Authority, *get_args(get_type_hints(tls.Issued, include_extras=True)["ca"])[0].__metadata__]: Sample(
        lambda: CertificateAuthority("shared")
    ),
}

BY_PLACE: dict[str, Sample] = {
    "add_capabilities[0]": Sample("NET_BIND_SERVICE", [WRONG]),
    "sub_path": Sample("sample/folder", [WRONG]),
    "server": Sample("# sample", [WRONG]),
    "location": Sample("# sample", [WRONG]),
    "(certificate).dns_names[0]": Sample("sample.acme.com", passes_through=False),
    "(certificate).ip_addresses[0]": Sample("192.0.2.47", passes_through=False),
    "(certificate).cert_pem": Sample(lambda: pki()["leaf"]),
    "(certificate).private_key_pem": Sample(lambda: pki()["leaf key"]),
    "(signed_by).ca_cert_pem": Sample(lambda: pki()["ca"], public=_CERTIFICATE),
    "(cert_manager).issuer_group": Sample("sample.acme.com"),
    "labels[sample/key]": Sample("sample-value"),
    ").except_cidrs[0]": Sample("192.0.2.16/28"),
    "(None).hosts": Sample(["shop.acme.com"]),
    "(tls_route).hosts": Sample(["shop.acme.com"]),
    "(None).max_replicas": Sample(4712),
    "(None).match": Sample([{"key": "sample/label", "values": ["one"]}]),
    "(None).match_labels": Sample({"sample/key": "sample-value"}),
    "].max_skew": Sample(4711),
}
"""By the end of the place's id; these win over the type."""


def sample_for(annotation: Any, place_id: str) -> Sample:
    """The sample for an argument. Raises LookupError where there is none: add one."""
    for ending, sample in BY_PLACE.items():
        if place_id.endswith(ending):
            return sample
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    found = BY_TYPE.get(annotation)
    if found is None and get_origin(_bare(annotation)) is Literal:
        return Sample(get_args(_bare(annotation))[-1])
    if found is None and len(members) == 1:
        found = BY_TYPE.get(members[0])
    if found is None:
        raise LookupError(f"{place_id}: no sample value for {annotation}; add one to tests/support/argument_table.py")
    return found


def key_for(annotation: Any) -> str:
    """A key of a dict."""
    keys = {
        fields.EnvName: "SAMPLE_ENV",
        fields.LabelKey: "sample/key",
        fields.DnsLabel: "sample",
        fields.PortName: "sample",
    }
    return keys[annotation]


# --- surroundings -----------------------------------------------------------------------------------------------------

BASE: dict[type[BaseModel], dict[str, Any]] = {
    SidecarDeploymentArgs: {
        "app": {"image": "ghcr.io/acme/web:1.4", "port": 8080},
        "proxy": {"kind": "nginx"},
    },
    CertificateAuthorityArgs: {},
    SidecarInjectionArgs: {"app": {"port": 8080}, "proxy": {"kind": "nginx"}},
}

_VOLUME: dict[str, Any] = {"volumes": {"sample-label": {"kind": "empty_dir"}}}
_NO_PORT: dict[str, Any] = {"app": {"port": None}}

_NAMED: dict[str, Any] = {"tls": {"kind": "issued", "dns_names": ["*.acme.com"]}}
_NODE_PORT: dict[str, Any] = {"service": {"type": "NodePort"}}
_LOAD_BALANCER: dict[str, Any] = {"service": {"type": "LoadBalancer"}}

CONTEXT: dict[str, dict[str, Any]] = {
    ".volume_mounts[0].volume": _VOLUME,
    ".volume_mounts[0].read_only": _VOLUME,
    ".volume_mounts[0].sub_path": _VOLUME,
    ".volume_mounts[0].mount_path": _VOLUME,
    ").static[0].url_path": _VOLUME,
    ").static[0].volume": _VOLUME,
    ").static[0].folder": _VOLUME,
    ").static[0].max_age_seconds": _VOLUME,
    ").socket": _NO_PORT,
    ").hsts.preload": {"proxy": {"hsts": {"include_subdomains": True}}},
    ").proxy_protocol": {"proxy": {"trusted_proxies": ["192.0.2.0/24"]}},
    "(apache).timeouts.read_seconds": {"proxy": {"timeouts": {"send_seconds": 30}}},
    "tls(issued).ca_validity_days": {"tls": {"validity_days": 40}},
    "certificate_alert.alert_days": {"tls": {"kind": "issued", "renew_before_days": 60}},
    "ingress.server_name": {"ingress": {"controller": "nginx"}, **_NAMED},
    "gateway(http_route).server_name": _NAMED,
    "service.session_affinity_seconds": {"service": {"session_affinity": "ClientIP"}},
    "service.external_traffic_policy": _NODE_PORT,
    "service.node_port": _NODE_PORT,
    "service.http_node_port": {"service": {"type": "NodePort"}, "proxy": {"redirect_http": True}},
    "service.load_balancer_class": _LOAD_BALANCER,
    "service.load_balancer_source_ranges[0]": _LOAD_BALANCER,
    "service.allocate_load_balancer_node_ports": _LOAD_BALANCER,
    "network_policy.allow_metrics_from*": {"sidecars": {"sample": {"image": "a", "ports": {"sample": 4713}}}},
    "autoscaling.*": {"app": {"resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}},
    "autoscaling.scale_down.period_seconds": {"autoscaling": {"scale_down": {"pods": 4}}},
    "autoscaling.scale_up.period_seconds": {"autoscaling": {"scale_up": {"pods": 4}}},
    "disruption_budget.min_available": {"replicas": 4},
    "].min_domains": {"scheduling": {"topology_spread": [{"wish": "required"}]}},
    "tolerations[0].value": {"scheduling": {"tolerations": [{"key": "sample"}]}},
    "tolerations[0].seconds": {"scheduling": {"tolerations": [{"effect": "NoExecute"}]}},
    ".match[0].operator": {"scheduling": {"node_affinity": [{"match": [{"values": ["4711"]}]}]}},
    "metrics.exporter.labels[sample/key]": {"metrics": {"exporter": {"scrape": "pod_monitor"}}},
    "metrics.exporter.interval_seconds": {"metrics": {"exporter": {"scrape": "pod_monitor"}}},
    "certificate_alert.labels[sample/key]": {"certificate_alert": {"prometheus_rule": True}},
}
"""What an argument needs beside it, by the end of its id, or by its beginning and "*"."""

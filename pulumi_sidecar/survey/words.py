"""The survey in words: what is made, exposed and about to end, where keys lie, and how a pod stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_sidecar.survey.boxes import amounts, role
from pulumi_sidecar.survey.model import Beside, Certificate, Container, Other, Service, Source, Survey, Workload
from pulumi_sidecar.survey.unknown import Number, is_known

Section = tuple[str, list[str]]
"""A heading, and lines below it."""

_REACH = {
    "ClusterIP": "from within the cluster",
    "NodePort": "from within the cluster, and from whoever reaches a node",
    "LoadBalancer": "from within the cluster, and through a load balancer from outside",
}


def headline(survey: Survey) -> str:
    """The whole program in one line."""
    return "; ".join(_headline(each) for each in survey.workloads) or "No pods"


def _headline(of: Workload) -> str:
    what = f"{of.component or of.name}: {of.kind} of {of.pods}"
    if of.server and of.link:
        return f"{what}, {of.server} in front of an app that speaks {of.link.protocol}"
    return what


def summary(survey: Survey) -> str:
    """The picture for those who do not see it. Like the picture it has no dates: it is the same every day."""
    every = [line for each in survey.workloads for _, lines in sections(each, dates=False) for line in lines]
    return "\n".join(every)


def sections(of: Workload, *, dates: bool = True) -> list[Section]:
    """All there is to say about a workload."""
    every = [
        ("What will be made", list(_made(of))),
        ("What is exposed", list(_exposed(of))),
        ("What ends when", list(_ends(of, dates))),
        ("Where private keys lie", list(_keys(of))),
        ("What happens when a pod stops", list(_stop(of))),
    ]
    return [(heading, lines) for heading, lines in every if lines]


def sources(of: Workload) -> list[Source]:
    """What fills the volumes, each once."""
    return list(dict.fromkeys(each.source for each in of.volumes if each.source))


# --- sections ---------------------------------------------------------------------------------------------------------


def _made(of: Workload) -> Iterator[str]:
    yield f"{of.kind} {of.name} in namespace {of.namespace or 'default'}: {of.pods}, in each:"
    for each in of.containers:
        what = {"proxy": of.server or "the proxy", "app": "the app"}.get(each.role) or role(each, of)
        facts = [what, *(["native"] if each.native and each.role == "proxy" else []), each.image]
        facts += [f"reserves {amounts(each.requests)}"] if each.requests else []
        facts += [f"at most {amounts(each.limits)}"] if each.limits else ["no limits"]
        yield f"  {each.name}: {', '.join(facts)}"
    for service in of.services:
        yield f"Service {service.name} ({service.type})"
    for source in sources(of):
        files = f": {', '.join(source.files)}" if source.files else ""
        yield f"{source.kind} {source.name}{files}" if source.in_program else _elsewhere(source)
    for beside in (*of.routes, *of.rules):
        yield f"{beside.kind} {beside.name}" + (f": {', '.join(beside.lines)}" if beside.lines else "")


def _elsewhere(source: Source) -> str:
    if not source.is_known:
        return f"{source.kind} {source.name}"
    return f"(not part of the program: {source.kind} {source.name}{f', {source.made_by}' if source.made_by else ''})"


def _exposed(of: Workload) -> Iterator[str]:
    for service in of.services:
        for port in service.ports:
            where = f"{port.container} :{port.container_port}" if port.container else port.target
            yield f"{_url(of, service, port.name, port.port)} → {where}, {_REACH.get(service.type, service.type)}"
    for route in of.routes:
        yield f"{route.kind} {route.name} leads {_where(of, route)}: {', '.join(route.lines) or 'see its rules'}"
    if of.client_certificates:
        yield f"client certificates: {of.client_certificates}"
    yield from _beside_services(of)
    if of.link:
        yield f"the proxy asks the app by {of.link.protocol} at {of.link.address}"
    if of.link and not of.link.address.startswith("unix:"):
        policies = [rule.name for rule in of.rules if rule.kind == "NetworkPolicy"]
        if policies:
            yield f"who reaches the pods' addresses is up to NetworkPolicy {', '.join(policies)}"
        else:
            yield "an app that listens on all addresses is reachable in clear at the pods' addresses, past the proxy;"
            yield "  let it listen on 127.0.0.1, or admit the proxy's ports only by a NetworkPolicy"


def _where(of: Workload, route: Beside) -> str:
    """Which of the Services a route leads to, where that is not all of them."""
    names = [of.services[each].name for each in route.services]
    return "there" if len(names) == len(of.services) else f"to {', '.join(names)}"


def _beside_services(of: Workload) -> Iterator[str]:
    every = [port for service in of.services for port in service.ports]
    served = {port.container_port for port in every}
    unsure = not all(is_known(port.target) for port in every)
    for each in of.containers:
        for own in each.ports:
            if own.number not in served:
                itself = f"{each.name} :{own.number} {own.name}".strip()
                in_none = "" if unsure or not is_known(own.number) else ", not in a Service"
                yield f"{itself}: at the pods' addresses{in_none}"


def _url(of: Workload, service: Service, name: str, port: Number) -> str:
    if name not in ("http", "https"):
        return f"{service.name}.{of.namespace or 'default'}.svc:{port}{f' ({name})' if name else ''}"
    usual = {"http": 80, "https": 443}[name] == port
    return f"{name}://{service.name}.{of.namespace or 'default'}.svc{'' if usual else f':{port}'}"


def _ends(of: Workload, dates: bool) -> Iterator[str]:
    for source in sources(of):
        for each in source.certificates:
            yield _certificate(each, dates)
        if source.kind == "Secret" and not source.in_program and source.is_known:
            renews = source.made_by or "who keeps it, renews it"
            yield f"Secret {source.name}: {renews}; a change is served without a restart"


def _certificate(each: Certificate, dates: bool) -> str:
    what = "CA" if each.is_ca else "certificate"
    return f'{what} "{each.subject}": {f"{each.end}, " if dates else ""}{_left(each)}; {_renewal(each)}'


def _left(each: Certificate) -> str:
    return f"in {each.days_left} days" if each.days_left > 0 else "it HAS ENDED"


def _renewal(each: Certificate) -> str:
    if each.renew_before_days:
        return f"renewed by a `pulumi up` in its last {each.renew_before_days} days, by nothing else"
    return "never renewed by itself" if each.is_ca else "renewed by nothing in this program"


def _keys(of: Workload) -> Iterator[str]:
    for source in sources(of):
        if source.kind != "Secret":
            continue
        if not source.is_known:
            yield f"in Secret {source.name}"
        elif not source.in_program:
            yield f"in Secret {source.name}, and never in Pulumi's state"
        elif any(name.endswith(".key") for name in source.files):
            yield f"in Secret {source.name}, and in the stack's state, encrypted: who may decrypt it may read them"


def _stop(of: Workload) -> Iterator[str]:
    stopping = [each for each in of.containers if each.role != "init"]
    if hooks := [each.name for each in stopping if each.stop_command]:
        yield f"at once      {', '.join(hooks)}: a hook begins the end"
    waits: dict[Number, list[str]] = {}
    for each in stopping:
        if not each.native:
            waits.setdefault(each.stop_delay_seconds, []).append(_told(each))
    for seconds, told in sorted(waits.items(), key=lambda each: (isinstance(each[0], str), each)):
        yield f"after {seconds:3} s  {'; '.join(told)}"
    if last := [_told(each) for each in stopping if each.native]:
        yield f"then         {'; '.join(last)}, now that the others have ended"
    yield f"after {of.grace_seconds:3} s  what still runs is killed"


def _told(each: Container) -> str:
    after = " after its hook" if each.stop_command else ""
    ends = ": it takes no more connections, and finishes the requests under way" if each.role == "proxy" else ""
    return f"{each.name} is told to stop{after}{ends if not each.native else ''}"


def others(survey: Survey) -> Sequence[str]:
    """What belongs to no workload, with the certificates in it."""
    return [line for each in survey.others for line in (f"{each.kind} {each.name}", *_inside(each))]


def _inside(each: Other) -> Iterator[str]:
    yield from (f"  {_certificate(one, dates=True)}" for one in each.certificates)

"""Arguments about the number of pods that are right one by one, and do not go together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pulumi_sidecar.args.container import Resources
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.scheduling import HOSTNAME, ZONE, Scheduling
from pulumi_sidecar.errors import Problem


def problems(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """What does not go together about autoscaling, evictions and nodes."""
    if args.autoscaling is not None:
        if "replicas" in args.model_fields_set:
            reason = "is set beside autoscaling, which decides it"
            yield Problem("replicas", reason, "Leave it out, or autoscaling.", args.replicas)
        yield from _requests(args)
    yield from _budget(args)
    if args.scheduling is not None:
        yield from _spreads(args.scheduling)


def _spreads(scheduling: Scheduling) -> Iterator[Problem]:
    """The API server takes one spread of a kind for a label."""
    asked = {("spread_nodes", HOSTNAME): scheduling.spread_nodes, ("spread_zones", ZONE): scheduling.spread_zones}
    seen: dict[tuple[object, object], str] = {(key, wish): path for (path, key), wish in asked.items() if wish}
    for index, spread in enumerate(scheduling.topology_spread):
        path, kind = f"topology_spread[{index}]", (spread.topology_key, spread.wish)
        if isinstance(spread.topology_key, str) and kind in seen:
            reason = f"is for the same label, and as {spread.wish}, as scheduling.{seen[kind]}"
            yield Problem(f"scheduling.{path}", reason, "Leave one of them out.", spread.topology_key)
        elif isinstance(spread.topology_key, str):
            seen[kind] = path


def _requests(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """A share is one of what is requested: without a request the autoscaler has nothing to go by."""
    scaling = args.autoscaling
    if scaling is None:
        return
    shares: dict[Literal["cpu", "memory"], Any] = {"cpu": scaling.cpu_share, "memory": scaling.memory_percent}
    for name, share in shares.items():
        if share is None:
            continue
        missing = [path for path, resources in _measured(args, scaling.measure) if not _has(resources, name)]
        if not missing:
            continue
        usual = getattr(scaling, f"{name}_percent") is None
        path = "autoscaling" if usual else f"autoscaling.{name}_percent"
        reason = f"is a share of the {name} that is requested, and there is no request in {', '.join(missing)}"
        remedy = f'Give {missing[0]}, for example {{"requests": {{"{name}": "{_EXAMPLES[name]}"}}}}'
        remedy += ', or measure "app" alone' if "app.resources" not in missing else ""
        yield Problem(path, f"goes by 80 % of the CPU by default, which {reason}" if usual else reason, f"{remedy}.")


_EXAMPLES = {"cpu": "250m", "memory": "256Mi"}


def _measured(args: SidecarDeploymentArgs, measure: Literal["app", "pod"]) -> Iterator[tuple[str, Resources | None]]:
    """What the autoscaler adds up, and where it is asked for."""
    yield "app.resources", args.app.resources
    if measure == "app":
        return
    if args.proxy:
        yield "proxy.resources", args.proxy.resources
    if args.certificate_alert:
        yield "certificate_alert.resources", args.certificate_alert.resources
    if args.metrics and args.metrics.exporter:
        yield "metrics.exporter.resources", args.metrics.exporter.resources
    yield from ((f'sidecars["{name}"].resources', sidecar.resources) for name, sidecar in args.sidecars.items())


def _has(resources: Resources | None, name: Literal["cpu", "memory"]) -> bool:
    """A limit without a request is the request, too: the API server sees to that."""
    return resources is not None and (resources.request(name) is not None or resources.limit(name) is not None)


def _budget(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """A budget that allows no eviction ever holds up every drain of a node."""
    budget = args.disruption_budget
    if budget is None:
        return
    where = "replicas" if args.autoscaling is None else "autoscaling.min_replicas"
    pods: Any = args.replicas if args.autoscaling is None else args.autoscaling.min_replicas
    low, gone = budget.min_available, budget.max_unavailable
    never = "allows no eviction, ever, and so no drain of a node"
    if gone in (0, "0%"):
        yield Problem("disruption_budget.max_unavailable", never, "Allow at least 1.", gone)
    if low == "100%" or (isinstance(low, int | str) and isinstance(pods, int) and 0 < pods <= _share(low, pods)):
        known = f": there {'is' if pods == 1 else 'are'} {pods} (`{where}`)" if isinstance(pods, int) else ""
        remedy = f"Raise `{where}`, or give max_unavailable 1 in its place."
        yield Problem("disruption_budget.min_available", f"{never}{known}", remedy, low)


def _share(wanted: int | str, pods: int) -> int:
    """A number of pods; shares are rounded up, as Kubernetes does."""
    return wanted if isinstance(wanted, int) else -(-int(wanted.removesuffix("%")) * pods // 100)

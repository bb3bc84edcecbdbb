"""From the `scheduling` argument to what the pod says about nodes. Creates nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulumi_kubernetes import core, meta

from pulumi_sidecar.args.scheduling import (
    HOSTNAME,
    ZONE,
    NodeTerm,
    PodTerm,
    Scheduling,
    Toleration,
    TopologySpread,
    Wish,
)

REVISION = ("pod-template-hash",)
"""The label that a Deployment gives to the pods of one revision. Counting those alone, an update finds room where the
old pods still are, and the new ones are spread evenly. Servers that do not know the field drop it."""


def fields(args: Scheduling, selector: dict[str, str]) -> dict[str, Any]:
    """Fields of the pod's spec. `selector` finds the component's own pods."""
    asked: list[tuple[str, Wish | None]] = [(HOSTNAME, args.spread_nodes), (ZONE, args.spread_zones)]
    spreads = [TopologySpread(topology_key=key, wish=wish) for key, wish in asked if wish]
    return {
        "topology_spread_constraints": [_spread(spread, selector) for spread in (*spreads, *args.topology_spread)]
        or None,
        "affinity": _affinity(args, selector),
        "node_selector": dict(args.node_selector) or None,
        "tolerations": [_toleration(each) for each in args.tolerations] or None,
        "priority_class_name": args.priority_class,
        "runtime_class_name": args.runtime_class,
    }


def _spread(args: TopologySpread, selector: dict[str, str]) -> core.v1.TopologySpreadConstraintArgs:
    return core.v1.TopologySpreadConstraintArgs(
        topology_key=args.topology_key,
        max_skew=args.max_skew,
        min_domains=args.min_domains,
        when_unsatisfiable="DoNotSchedule" if args.wish == "required" else "ScheduleAnyway",
        label_selector=meta.v1.LabelSelectorArgs(match_labels=selector),
        match_label_keys=list(REVISION),
    )


def _toleration(args: Toleration) -> core.v1.TolerationArgs:
    return core.v1.TolerationArgs(
        key=args.key,
        operator="Exists" if args.value is None else "Equal",
        value=args.value,
        effect=args.effect,
        toleration_seconds=args.seconds,
    )


def _affinity(args: Scheduling, selector: dict[str, str]) -> core.v1.AffinityArgs | None:
    nodes, near = _nodes(args.node_affinity), _pods(args.pod_affinity)
    away = _pods(args.pod_anti_affinity)
    if args.separate_replicas:
        own = core.v1.PodAffinityTermArgs(
            label_selector=meta.v1.LabelSelectorArgs(match_labels=selector),
            topology_key=HOSTNAME,
            match_label_keys=list(REVISION),
        )
        if args.separate_replicas == "required":
            away["required_during_scheduling_ignored_during_execution"].append(own)
        else:
            wish = core.v1.WeightedPodAffinityTermArgs(weight=100, pod_affinity_term=own)
            away["preferred_during_scheduling_ignored_during_execution"].append(wish)
    if not (nodes or _filled(near) or _filled(away)):
        return None
    return core.v1.AffinityArgs(
        node_affinity=nodes,
        pod_affinity=core.v1.PodAffinityArgs(**_filled(near)) if _filled(near) else None,
        pod_anti_affinity=core.v1.PodAntiAffinityArgs(**_filled(away)) if _filled(away) else None,
    )


def _filled(terms: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: found for name, found in terms.items() if found}


def _nodes(terms: Sequence[NodeTerm]) -> core.v1.NodeAffinityArgs | None:
    if not terms:
        return None
    selectors = [(term.weight, _node_selector(term)) for term in terms]
    required = [selector for weight, selector in selectors if weight is None]
    preferred = [
        core.v1.PreferredSchedulingTermArgs(weight=weight, preference=selector)
        for weight, selector in selectors
        if weight is not None
    ]
    return core.v1.NodeAffinityArgs(
        required_during_scheduling_ignored_during_execution=core.v1.NodeSelectorArgs(node_selector_terms=required)
        if required
        else None,
        preferred_during_scheduling_ignored_during_execution=preferred or None,
    )


def _node_selector(term: NodeTerm) -> core.v1.NodeSelectorTermArgs:
    return core.v1.NodeSelectorTermArgs(
        match_expressions=[
            core.v1.NodeSelectorRequirementArgs(
                key=each.key, operator=each.operator, values=list(each.values) if each.values else None
            )
            for each in term.match
        ]
    )


def _pods(terms: Sequence[PodTerm]) -> dict[str, list[Any]]:
    made = [
        (
            term.weight,
            core.v1.PodAffinityTermArgs(
                label_selector=meta.v1.LabelSelectorArgs(match_labels=dict(term.match_labels)),
                topology_key=term.topology_key,
                namespaces=list(term.namespaces) or None,
            ),
        )
        for term in terms
    ]
    return {
        "required_during_scheduling_ignored_during_execution": [term for weight, term in made if weight is None],
        "preferred_during_scheduling_ignored_during_execution": [
            core.v1.WeightedPodAffinityTermArgs(weight=weight, pod_affinity_term=term)
            for weight, term in made
            if weight is not None
        ],
    }

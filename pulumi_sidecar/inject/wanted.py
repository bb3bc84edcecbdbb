"""What an injection asks for, planned as a SidecarDeployment's pod would be: one place knows how a proxy looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from pulumi_sidecar import containers, pod
from pulumi_sidecar.args.app import App
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.injection import SidecarInjectionArgs
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.args.service import Service
from pulumi_sidecar.args.volumes import EmptyDir, Volume
from pulumi_sidecar.checks import check
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.inject.forms import to_kubernetes
from pulumi_sidecar.plan import Plan, make_plan

Object = dict[str, Any]


@dataclass(frozen=True)
class Mounted:
    """Names of what the proxy mounts; each may be an Output."""

    config_map: pulumi.Input[str] | None = None
    secret: pulumi.Input[str] | None = None


@dataclass(frozen=True)
class Wanted:
    """An injection: its arguments, and the plan that they come to."""

    name: str
    args: SidecarInjectionArgs
    planned: SidecarDeploymentArgs
    """The same arguments, as those of a deployment of our own."""
    plan: Plan

    @property
    def subject(self) -> str:
        """How messages name it."""
        return subject(self.name)

    @property
    def leads_service(self) -> bool:
        """Whether the Service is led to the proxy."""
        return self.plan.proxy is not None and self.args.service.ports != "leave"

    def containers(self) -> list[Object]:
        """Every container that is added; native ones have a restartPolicy."""
        found: list[Any] = []
        if self.plan.proxy is not None and self.args.proxy is not None:
            found.append(containers.proxy(self.plan.proxy, self.args.proxy))
        hook = containers.app_hook(self.plan) if self.plan.proxy else None  # without one, nothing goes on
        found += [containers.sidecar(name, sidecar, hook) for name, sidecar in self.args.sidecars.items()]
        return [_probed_by_number(to_kubernetes(each)) for each in found]

    def app_pre_stop(self) -> Object:
        """The hook that lets the app go on until the proxy has drained."""
        found: Object = to_kubernetes(containers.app_hook(self.plan))["preStop"]
        return found

    def volumes(self, mounted: Mounted) -> list[Object]:
        """Every volume that is added."""
        asked = [pod.volume_of(name, volume) for name, volume in self.args.volumes.items()]
        ours = pod.our_volumes(self.plan, self.planned, mounted.config_map, mounted.secret)
        return [to_kubernetes(each) for each in [*asked, *ours]]


def subject(name: str) -> str:
    """How messages name the injection of that name."""
    return f'SidecarInjection "{name}"'


def wanted(name: str, raw: SidecarInjectionArgs | Mapping[str, Any]) -> Wanted:
    """The checked and planned injection of that name. Raises ArgumentsError with every problem."""
    args = parse(SidecarInjectionArgs, raw, subject(name))
    planned = _as_deployment(args)
    found = []
    if args.service.ports == "point" and args.service.port is None:
        remedy = "Give the number of the port that shall lead to the proxy."
        found.append(Problem("service.port", 'is missing, and service.ports is "point"', remedy))
    try:
        check(name, planned, subject(name))
    except ArgumentsError as error:
        found += error.problems
    if found:
        raise ArgumentsError(subject(name), found)
    return Wanted(name, args, planned, make_plan(name, planned))


def _as_deployment(args: SidecarInjectionArgs) -> SidecarDeploymentArgs:
    """The arguments were checked one by one already, by the same types."""
    theirs: dict[str, Volume] = {name: EmptyDir() for name in _mounted(args)}  # whether they exist, the workload tells
    app = App.model_construct(
        image="app",
        port=args.app.port,
        protocol=args.app.protocol,
        health_path=args.app.health_path,
        health_host=args.app.health_host,
        stop_seconds=args.app.stop_seconds,
        volume_mounts=args.app.volume_mounts,
    )
    service = Service.model_construct(
        name=args.service.name, port=args.service.port, external_host=args.service.external_host
    )
    same = ["proxy", "sidecars", "tls", "client_auth", "namespace", "cluster_domain", "labels"]
    same += ["drain_seconds", "drain_by"]
    given = {field: getattr(args, field) for field in same if field in args.model_fields_set}
    return SidecarDeploymentArgs.model_construct(app=app, service=service, volumes={**theirs, **args.volumes}, **given)


def _mounted(args: SidecarInjectionArgs) -> list[str]:
    """Names of the volumes that are mounted."""
    mounts = [*args.app.volume_mounts, *(m for sidecar in args.sidecars.values() for m in sidecar.volume_mounts)]
    return [mount.volume for mount in mounts] + [files.volume for files in (args.proxy.static if args.proxy else ())]


def mounts_of(args: SidecarInjectionArgs) -> dict[str, str]:
    """The property path of each mount of a volume → its name."""
    found = {f"app.volume_mounts[{index}].volume": mount.volume for index, mount in enumerate(args.app.volume_mounts)}
    for name, sidecar in args.sidecars.items():
        for index, mount in enumerate(sidecar.volume_mounts):
            found[f'sidecars["{name}"].volume_mounts[{index}].volume'] = mount.volume
    for index, files in enumerate(args.proxy.static if args.proxy else ()):
        found[f"proxy.static[{index}].volume"] = files.volume
    return found


def _probed_by_number(container: Object) -> Object:
    """Probes name a port; here numbers do, for the name may be another container's already."""
    numbers = {port["name"]: port["containerPort"] for port in container.get("ports", ())}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        for action in ("httpGet", "tcpSocket"):
            asked = container.get(probe, {}).get(action)
            if asked and asked.get("port") in numbers:
                asked["port"] = numbers[asked["port"]]
    return container


def without_socket_volume(wanted: Wanted, volume: str) -> Wanted:
    """The same, where the workload has a volume of its own at the folder of the app's socket."""
    plan = wanted.plan
    if plan.socket_mount is None or plan.proxy is None:
        return wanted
    shared = replace(plan.socket_mount, volume=volume)
    mounts = tuple(shared if mount == plan.socket_mount else mount for mount in plan.proxy.mounts)
    return replace(wanted, plan=replace(plan, socket_mount=shared, proxy=replace(plan.proxy, mounts=mounts)))

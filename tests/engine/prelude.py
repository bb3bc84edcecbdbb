"""Stands before an example's own program, as its __main__.py: changes what configuration `engine:…` asks for.

engine:changes   arguments as JSON, merged over those of every SidecarDeployment and SidecarInjection
engine:rename    what is put behind the name of every SidecarDeployment, which gets an alias and keeps its Service
engine:renew     true: every certificate is within its renewal window
"""

from __future__ import annotations

import json
import os
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from pulumi_sidecar import SidecarDeployment, SidecarInjection

config = pulumi.Config("engine")
changes = json.loads(config.get("changes") or "{}")
rename = config.get("rename") or ""
renew = config.get_bool("renew")
images = json.loads(os.environ.get("SIDECAR_TEST_OTHER_IMAGES", "{}"))


def adjusted(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    if args.type_ == "kubernetes:apps/v1:Deployment" and images:
        pod = args.props["spec"]["template"]["spec"]
        for container in [*pod["containers"], *(pod.get("initContainers") or ())]:
            container["image"] = images.get(container["image"], container["image"])
    elif args.type_ == "tls:index/locallySignedCert:LocallySignedCert" and renew:
        args.props["earlyRenewalHours"] = args.props["validityPeriodHours"]
    else:
        return None
    return pulumi.ResourceTransformResult(args.props, args.opts)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: merged(base.get(key, {}), value) for key, value in over.items() if isinstance(value, Mapping)}
    return {**base, **over, **both}


deployment, injection = SidecarDeployment.__init__, SidecarInjection.__init__


def other_deployment(self: Any, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
    args = merged(args, changes)
    if rename:
        args = {**args, "service": {"name": name, **args.get("service", {})}}
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name)]))
    deployment(self, f"{name}{rename}", args, opts)  # type: ignore[arg-type]  # a dict


def other_injection(self: Any, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
    injection(self, name, merged(args, changes), opts)  # type: ignore[arg-type]  # a dict


pulumi.runtime.register_resource_transform(adjusted)
SidecarDeployment.__init__ = other_deployment  # type: ignore[method-assign,assignment]
SidecarInjection.__init__ = other_injection  # type: ignore[method-assign,assignment]
try:
    runpy.run_path(str(Path(__file__).with_name("program.py")), run_name="__main__")
finally:
    SidecarDeployment.__init__, SidecarInjection.__init__ = deployment, injection  # type: ignore[method-assign]

"""One measurement in a process of its own: `python -m bench.child WHAT WHO [COUNT]` prints it as JSON.

Processor time rather than time: nothing here waits for anything, and others on the machine have less of a say.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

OURS, THEIRS, IMPORTS = "sidecar", "by-hand", "imports"
EXAMPLE = Path(__file__).parents[1] / "examples" / "https_nginx"
_PEM = "-----BEGIN X-----\n" + "A" * 800 + "\n-----END X-----\n"
_MADE = {
    "tls:index/privateKey:PrivateKey": {"privateKeyPem": _PEM},
    "tls:index/selfSignedCert:SelfSignedCert": {"certPem": _PEM, "validityEndTime": "2040-01-01T00:00:00Z"},
    "tls:index/certRequest:CertRequest": {"certRequestPem": _PEM},
    "tls:index/locallySignedCert:LocallySignedCert": {"certPem": _PEM, "validityEndTime": "2040-01-01T00:00:00Z"},
}


def peak_mib() -> float:
    """The most memory that this process ever had. getrusage would tell of the parent's, too, if that was more."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def imports(who: str) -> dict[str, float]:
    """What users import in any case; with the component, or without."""
    begun = time.process_time()
    import pulumi
    import pulumi_kubernetes.apps.v1
    import pulumi_kubernetes.core.v1
    import pulumi_tls
    from pydantic import BaseModel, Field, TypeAdapter  # what is asked of pydantic itself alone is not imported yet

    assert all((pulumi, pulumi_kubernetes, pulumi_tls, BaseModel, Field, TypeAdapter))  # noqa: S101 - they shall be there
    if who == OURS:
        importlib.import_module("pulumi_sidecar.component")
    return {"CPU s": time.process_time() - begun, "peak MiB": peak_mib(), "modules": float(len(sys.modules))}


def components(who: str, count: int) -> dict[str, float]:
    """`count` components under mocks, until the last of their resources is registered."""
    import pulumi

    from bench.by_hand import ByHand
    from pulumi_sidecar import SidecarDeployment

    class Mocks(pulumi.runtime.Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
            made: dict[str, Any] = {**args.inputs, **_MADE.get(args.typ, {})}
            if args.typ.startswith("kubernetes:"):
                made["metadata"] = {"name": f"{args.name}-0", "namespace": "default", **made.get("metadata", {})}
            return f"{args.name}-id", made

        def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], None]:  # noqa: ARG002
            return {}, None

    pulumi.runtime.set_mocks(Mocks(), preview=False)
    text = nginx_conf()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK's is
    def made() -> None:
        for number in range(count):
            if who == OURS:
                SidecarDeployment(f"web-{number}", {"app": {"image": "app", "port": 8080}, "proxy": {"kind": "nginx"}})
            else:
                ByHand(f"web-{number}", "app", nginx_conf_of(text, f"web-{number}"))

    before, begun = peak_mib(), time.process_time()
    made()
    taken = time.process_time() - begun
    return {"CPU s": taken, "more MiB": peak_mib() - before, "CPU ms each": taken / count * 1e3}


def nginx_conf(name: str = "web") -> str:
    """The configuration of the component of these measurements, as a file that somebody keeps beside a program."""
    from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
    from pulumi_sidecar.args.parse import parse
    from pulumi_sidecar.plan import make_plan

    args = {"app": {"image": "app", "port": 8080}, "proxy": {"kind": "nginx"}}
    plan = make_plan(name, parse(SidecarDeploymentArgs, args, ""))
    return plan.proxy.files["nginx.conf"] if plan.proxy else ""


def nginx_conf_of(text: str, name: str) -> str:
    """The same for a component of another name, as somebody's template would have it."""
    return re.sub(r" web;", f" {name};", text)


def configuration(who: str) -> dict[str, float]:
    """One rendering of a configuration, in µs."""
    from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
    from pulumi_sidecar.args.parse import parse
    from pulumi_sidecar.plan import make_plan
    from pulumi_sidecar.proxy import httpd, nginx

    args = {"app": {"image": "app", "port": 8080}, "proxy": {"kind": who}}
    plan = make_plan("web", parse(SidecarDeploymentArgs, args, ""))
    if plan.proxy is None:
        raise ValueError(who)
    site, render = plan.proxy.site, nginx.files if who == "nginx" else httpd.render
    times = 300
    for _ in range(20):
        render(site, "/etc/proxy")
    begun = time.process_time()
    for _ in range(times):
        render(site, "/etc/proxy")
    return {"µs": (time.process_time() - begun) / times * 1e6}


def rendering(who: str, modules: str) -> dict[str, float]:
    """An example as YAML by the command line, from the start of the process on; or the imports alone that it needs.

    The one writes the names of its modules into a file, the other reads them there.
    """
    if who == IMPORTS:
        for name in Path(modules).read_text().split():
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        return {"CPU s": time.process_time()}
    from pulumi_sidecar.cli import main as cli

    with contextlib.suppress(SystemExit):
        sys.argv[1:] = ["render", str(EXAMPLE), "--output", os.devnull]
        cli()
    taken = time.process_time()
    Path(modules).write_text("\n".join(name for name in sys.modules if not name.startswith("__")))
    return {"CPU s": taken}


def main() -> None:
    """The command line."""
    what, who, *rest = sys.argv[1:]
    if what == "components":
        figures = components(who, int(rest[0]))
    elif what == "render":
        figures = rendering(who, rest[0])
    else:
        figures = {"import": imports, "configuration": configuration}[what](who)
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()

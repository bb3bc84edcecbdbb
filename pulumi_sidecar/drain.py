"""How a pod stops: every time of it follows from `drain_seconds` and `app.stop_seconds`, and stands here.

Seconds after the pod is told to stop, for both lifecycles of the proxy (d is drain_seconds, s is app.stop_seconds):

    0            every preStop hook begins; the Service's endpoints lose the pod
    5            no node sends new connections any more: the proxy closes idle ones and finishes requests under way
    5+d          what takes longer is cut off by the proxy
    5+d+1        the app gets SIGTERM, and so do classic sidecars beside it
    5+d+1+s      the app is gone; a native proxy is told to stop only now
    … +5, for a native proxy +d more: the kubelet kills what is still there
"""

from __future__ import annotations

from pulumi_sidecar.args.deployment import SidecarDeploymentArgs

SETTLE_SECONDS = 5
"""How long a stopping proxy goes on accepting connections: kube-proxy takes up to 3 s to send them elsewhere."""
LAG_SECONDS = 1
"""How much longer than the proxy's drain the app lives: hooks and signals of two containers do not run in step."""
SPARE_SECONDS = 5
"""What a busy kubelet may lose between hooks and signals."""


def app_delay_seconds(args: SidecarDeploymentArgs) -> int:
    """How long the app goes on after its pod is told to stop: until the proxy has drained."""
    return SETTLE_SECONDS + (args.drain_seconds + LAG_SECONDS if args.proxy else 0)


def least_grace_seconds(args: SidecarDeploymentArgs) -> int:
    """With less, the app is killed before it had its time."""
    return app_delay_seconds(args) + args.app.stop_seconds


def usual_grace_seconds(args: SidecarDeploymentArgs) -> int:
    """The pod's grace period. A native proxy stops after the app, and drains what it still has."""
    after = args.drain_seconds if args.proxy and args.proxy.lifecycle == "native" else 0
    return least_grace_seconds(args) + after + SPARE_SECONDS


def wait_command(args: SidecarDeploymentArgs, seconds: int) -> tuple[str, ...] | None:
    """The hook's command that waits in a container. None where the kubelet does it."""
    return ("sleep", str(seconds)) if args.drain_by == "exec" else None

"""Arguments as dicts. Never run: mypy and pyright read it (test_typing.py)."""

from collections.abc import Awaitable, Mapping

import pulumi
from pulumi_kubernetes.core.v1 import Namespace

from pulumi_sidecar import App, Nginx, SidecarDeployment, SidecarDeploymentArgsDict

SidecarDeployment("web", {"app": {"image": "ghcr.io/acme/web:1.4", "port": 8080}, "proxy": {"kind": "nginx"}})


def late(
    text: pulumi.Output[str], number: pulumi.Output[int], awaited: Awaitable[str], env: Mapping[str, pulumi.Output[str]]
) -> None:
    """Where Outputs and awaitables may stand."""
    namespace = Namespace("shop")
    SidecarDeployment(
        "web",
        {
            "app": {
                "image": text,
                "port": 8080,
                "protocol": {"kind": "http"},
                "command": ["/bin/web", text],
                "args": ("--name", awaited),
                "env": {
                    "A": text,
                    "B": awaited,
                    "C": {"secret": text, "key": "k"},
                    "D": {"config_map": "c", "key": "k"},
                },
                "resources": {"requests": {"cpu": text}, "limits": {"memory": "1Gi"}},
                "volume_mounts": [{"volume": "data", "mount_path": "/data"}],
                "user": "image",
                "security": {"seccomp": "Unconfined", "add_capabilities": ["SYS_PTRACE"]},
            },
            "proxy": {
                "kind": "nginx",
                "image": text,
                "hsts": False,
                "max_body_size": "1Gi",
                "timeouts": {"read_seconds": 300},
                "access_log": "combined",
                "tls_profile": "modern",
            },
            "tls": {"kind": "issued", "dns_names": ["shop.example.com", text], "validity_days": 47},
            "service": {"type": "LoadBalancer", "annotations": {"a": text}, "external_host": awaited},
            "namespace": namespace.metadata.apply(lambda metadata: metadata.name or ""),
            "replicas": number,
            "labels": {"team": text},
            "volumes": {
                "data": {"kind": "persistent_volume_claim", "claim_name": text},
                "cache": {"kind": "empty_dir", "medium": "memory"},
            },
            "image_pull_secrets": [text],
            "termination_grace_seconds": None,
        },
        pulumi.ResourceOptions(protect=True),
    )
    SidecarDeployment("web", {"app": {"image": "a", "port": 80, "env": env}, "proxy": {"kind": "nginx"}})


def mixed() -> SidecarDeploymentArgsDict:
    """Models within a dict."""
    return {"app": App(image="a", port=8080), "proxy": Nginx(http2=False)}

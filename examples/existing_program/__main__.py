"""The component inside a larger program: a namespace, settings, and another Deployment that calls it."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace, Service
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from pulumi_sidecar import SidecarDeployment

config = pulumi.Config()
folder = Path(__file__).parent
image = "docker.io/library/python:3.11-slim"

namespace = Namespace(
    "shop",
    metadata={
        "name": config.require("namespace"),
        "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
    },
)
here = ObjectMetaArgs(namespace=namespace.metadata.name)
code = ConfigMap("code", metadata=here, data={name: (folder / name).read_text() for name in ("app.py", "caller.py")})

# --- the web application, with HTTPS in front -------------------------------------------------------------------------

prices = SidecarDeployment(
    "prices",
    {
        "namespace": namespace.metadata.name,
        "replicas": config.require_int("replicas"),
        "labels": {"team": "shop"},
        "app": {
            "image": image,
            "command": ["python3", "/srv/app/app.py"],
            "port": 8080,
            "volume_mounts": [{"volume": "code", "mount_path": "/srv/app", "read_only": True}],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        },
        "proxy": {"kind": "nginx"},
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

# --- another Deployment, which calls it by its URL and trusts its CA --------------------------------------------------

trust = ConfigMap("trust", metadata=here, data={"prices-ca.crt": prices.ca_cert_pem})
selector = {"app": "caller"}
caller = Deployment(
    "caller",
    metadata=here,
    spec={
        "selector": {"match_labels": selector},
        "template": {
            "metadata": {"labels": selector},
            "spec": {
                "automount_service_account_token": False,
                "security_context": {
                    "run_as_non_root": True,
                    "run_as_user": 65532,
                    "seccomp_profile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": "caller",
                        "image": image,
                        "command": ["python3", "/srv/app/caller.py"],
                        "env": [
                            {"name": "PRICES_URL", "value": prices.url},
                            {"name": "SSL_CERT_FILE", "value": "/etc/trust/prices-ca.crt"},
                        ],
                        "readiness_probe": {"http_get": {"path": "/", "port": 8080}, "timeout_seconds": 5},
                        "security_context": {
                            "allow_privilege_escalation": False,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "volume_mounts": [
                            {"name": "code", "mount_path": "/srv/app"},
                            {"name": "trust", "mount_path": "/etc/trust"},
                        ],
                    }
                ],
                "volumes": [
                    {"name": "code", "config_map": {"name": code.metadata.name}},
                    {"name": "trust", "config_map": {"name": trust.metadata.name}},
                ],
            },
        },
    },
)
Service(
    "caller-service",
    metadata={"name": "caller", "namespace": namespace.metadata.name},
    spec={"selector": selector, "ports": [{"port": 80, "target_port": 8080}]},
)

pulumi.export("url", prices.url)
pulumi.export("ca_cert_pem", prices.ca_cert_pem)
pulumi.export("caller", pulumi.Output.format("http://caller.{0}.svc", namespace.metadata.name))

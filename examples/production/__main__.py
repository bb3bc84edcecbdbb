"""What an application needs under load: autoscaling, a disruption budget, a NetworkPolicy, an Ingress."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment

app = Path(__file__).resolve().parents[1] / "https_nginx" / "app.py"
code = ConfigMap("code", data={"app.py": app.read_text()})

config = pulumi.Config()

web = SidecarDeployment(
    "web",
    {
        "app": {
            "image": "docker.io/library/python:3.11-slim",
            "command": ["python3", "/srv/app/app.py"],
            "port": 8080,
            "volume_mounts": [{"volume": "code", "mount_path": "/srv/app", "read_only": True}],
            # The autoscaler's percentage is one of this request.
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        },
        # The controller's pods: who else comes from there could claim any address, so the policy below lets nobody in.
        "proxy": {"kind": "nginx", "trusted_proxies": ["10.0.0.0/8"]},
        "autoscaling": {"min_replicas": 2, "max_replicas": 10, "cpu_percent": 70},
        "disruption_budget": {"max_unavailable": 1},
        "scheduling": {"spread_nodes": "preferred", "spread_zones": "preferred"},
        "ingress": {
            "hosts": [config.get("host") or "shop.example.com"],
            "class_name": config.get("class") or "nginx",
            "controller": "traefik" if config.get("controller") == "traefik" else "nginx",
            "tls_secret": "shop-public",
        },
        # The controller, and whatever else runs in the app's own namespace.
        "network_policy": {
            "allow_from": [{"kind": "pods", "namespaces": ["ingress-nginx"]}, {"kind": "pods"}],
        },
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

pulumi.export("url", web.url)
pulumi.export("endpoints", web.endpoints)
pulumi.export("ca_cert_pem", web.ca_cert_pem)

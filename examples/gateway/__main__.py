"""A route of a Gateway. TLS is kept up to the pod either way."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import HttpRoute, Parent, SidecarDeployment, TlsRoute

app = Path(__file__).resolve().parents[1] / "https_nginx" / "app.py"
code = ConfigMap("code", data={"app.py": app.read_text()})

config = pulumi.Config()
hosts = (config.get("host") or "shop.example.com",)
edge = Parent(name="edge", namespace="infra")

web = SidecarDeployment(
    "web",
    {
        "app": {
            "image": "docker.io/library/python:3.11-slim",
            "command": ["python3", "/srv/app/app.py"],
            "port": 8080,
            "volume_mounts": [{"volume": "code", "mount_path": "/srv/app", "read_only": True}],
        },
        # The network of the Gateway's pods.
        "proxy": {"kind": "nginx", "trusted_proxies": ["10.0.0.0/8"]},
        "gateway": (
            TlsRoute(gateway=edge, hosts=hosts)
            if config.get("kind") == "tls_route"
            else HttpRoute(gateway=edge, hosts=hosts)
        ),
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

pulumi.export("url", web.url)
pulumi.export("endpoints", web.endpoints)
pulumi.export("ca_cert_pem", web.ca_cert_pem)

"""cert-manager makes the certificate and renews it. Nobody has to run `pulumi up`."""

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
        },
        "proxy": {"kind": "nginx"},
        "tls": {
            "kind": "cert_manager",
            "issuer": config.get("issuer") or "letsencrypt",
            "issuer_kind": "ClusterIssuer",
            "service_names": False,
            "dns_names": ["shop.example.com"],
        },
        "service": {"type": "LoadBalancer", "external_host": "shop.example.com"},
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

pulumi.export("url", web.url)
pulumi.export("endpoints", web.endpoints)
pulumi.export("secret_name", web.secret_name)

"""Plain HTTP, on purpose: an ingress in front ends TLS. The proxy still buffers, limits, logs and drains."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment

app = Path(__file__).resolve().parents[1] / "https_nginx" / "app.py"
code = ConfigMap("code", data={"app.py": app.read_text()})

web = SidecarDeployment(
    "web",
    {
        "app": {
            "image": "docker.io/library/python:3.11-slim",
            "command": ["python3", "/srv/app/app.py"],
            "port": 8080,
            "volume_mounts": [{"volume": "code", "mount_path": "/srv/app", "read_only": True}],
        },
        "proxy": {"kind": "nginx", "trusted_proxies": ["10.0.0.0/8"]},
        "tls": {"kind": "off"},
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

pulumi.export("url", web.url)

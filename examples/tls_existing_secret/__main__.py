"""The certificate is in a Secret that somebody else keeps: nothing of its key is in Pulumi's state."""

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
        "tls": {"kind": "secret", "name": config.get("secretName") or "shop-tls"},
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

pulumi.export("url", web.url)
pulumi.export("secret_name", web.secret_name)

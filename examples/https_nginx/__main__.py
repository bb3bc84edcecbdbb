"""An app that speaks only HTTP, served over HTTPS by nginx."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment

# The app is one file, so that any Python image can run it. Yours comes in an image of its own.
code = ConfigMap("code", data={"app.py": Path(__file__).with_name("app.py").read_text()})

web = SidecarDeployment(
    "web",
    {
        "app": {
            "image": "docker.io/library/python:3.11-slim",
            "command": ["python3", "/srv/app/app.py"],
            "port": 8080,
            "volume_mounts": [{"volume": "code", "mount_path": "/srv/app", "read_only": True}],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        },
        "proxy": {"kind": "nginx"},
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

pulumi.export("url", web.url)
pulumi.export("endpoints", web.endpoints)
pulumi.export("ca_cert_pem", web.ca_cert_pem)
pulumi.export("certificate_not_after", web.certificate_not_after)

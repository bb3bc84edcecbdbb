"""The app of ../https_nginx behind a native Apache sidecar, with an exporter of what Apache counts."""

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
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        },
        # Started before the app, stopped after it; its hook drains it in between.
        "proxy": {"kind": "apache", "lifecycle": "native"},
        "drain_seconds": 20,
        "replicas": 2,
        # Found by the annotations prometheus.io/scrape, port and path.
        "metrics": {"exporter": {"port": 9113}},
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

pulumi.export("url", web.url)
pulumi.export("ca_cert_pem", web.ca_cert_pem)

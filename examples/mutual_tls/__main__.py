"""Only clients with a certificate are let in, and the app is told whose it is."""

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
        "proxy": {"kind": "nginx"},
        "tls": {"kind": "issued"},
        "client_auth": {"ca": {"kind": "own"}, "mode": "required", "subject_header": "X-Client-Subject"},
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

# A Secret with tls.crt, tls.key and ca.crt, for the client's pod to mount.
billing = web.issue_client("billing")

pulumi.export("url", web.url)
pulumi.export("client_secret_name", pulumi.Output.unsecret(billing.metadata.apply(lambda known: known.name)))

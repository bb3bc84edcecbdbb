"""A sidecar that follows the log file of an app which cannot write to its standard output."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment

native = pulumi.Config().require_bool("native")
code = ConfigMap("code", data={"app.py": Path(__file__).with_name("app.py").read_text()})

web = SidecarDeployment(
    "web",
    {
        "app": {
            "image": "docker.io/library/python:3.11-slim",
            "command": ["python3", "/srv/app/app.py"],
            "port": 8080,
            "health_path": "/health",
            "volume_mounts": [
                {"volume": "code", "mount_path": "/srv/app", "read_only": True},
                {"volume": "log", "mount_path": "/var/log/app"},
            ],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        },
        "sidecars": {
            "logs": {
                "image": "docker.io/library/python:3.11-slim",  # any image with `sh` and `tail` will do
                # As process 1, tail would ignore SIGTERM. The shell ends, a second later: for the last lines.
                "command": ["sh", "-c", "trap 'sleep 1; exit' TERM; tail -n +1 -F /log/app.log & wait"],
                "lifecycle": "native" if native else "classic",
                "volume_mounts": [{"volume": "log", "mount_path": "/log", "read_only": True}],
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}},
            },
        },
        "volumes": {
            "code": {"kind": "config_map", "name": code.metadata.name},
            "log": {"kind": "empty_dir", "size_limit": "1Gi"},
        },
    },
)

pulumi.export("url", web.url)

"""A workload of others, and a transform for the whole stack that the tests change."""

from typing import Any

import pulumi
from pulumi_kubernetes import apps, core

from pulumi_sidecar import SidecarInjection

config = pulumi.Config()
args: Any = {
    "app": {"port": 8000},
    "proxy": {"kind": "nginx", "max_body_size": config.get("max_body_size") or "64Mi"},
}
web = SidecarInjection("web", args)
picked, required = config.get("picked") or "web", bool(config.get_bool("required"))
pulumi.runtime.register_resource_transform(web.transform(name=picked, required=required))

labels = {"app": "web"}
server: Any = {
    "name": "web",
    "image": "docker.io/library/python:3.11-slim",
    "command": ["python3", "-m", "http.server", "8000"],
    "ports": [{"name": "http", "container_port": 8000}],
    "readiness_probe": {"http_get": {"path": "/", "port": "http"}, "timeout_seconds": 5},
    "security_context": {"run_as_user": 1000},
}
template: Any = {"metadata": {"labels": labels}, "spec": {"containers": [server]}}
apps.v1.Deployment("web", metadata={"name": "web"}, spec={"selector": {"match_labels": labels}, "template": template})
ports: Any = [{"name": "http", "port": 80, "target_port": "http"}]
core.v1.Service("web", metadata={"name": "web"}, spec={"selector": labels, "ports": ports})

pulumi.export("url", web.url)

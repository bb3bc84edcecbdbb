"""A workload of others, and a transform that the tests change: for the whole stack, or its resources' own."""

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
transform = web.transform(name=picked, required=required)
opts = pulumi.ResourceOptions(transforms=[transform]) if config.get_bool("own") else None
if opts is None:
    pulumi.runtime.register_resource_transform(transform)

# What depends on another resource is an Output for a resource's own transforms.
settings = core.v1.ConfigMap("settings", data={"greeting": "hello"})
labels = {"app": "web"}
server: Any = {
    "name": "web",
    "image": "docker.io/library/python:3.11-slim",
    "command": ["python3", "-m", "http.server", "8000"],
    "ports": [{"name": "http", "container_port": 8000}],
    "readiness_probe": {"http_get": {"path": "/", "port": "http"}, "timeout_seconds": 5},
    "security_context": {"run_as_user": 1000},
    "env": [{"name": "SETTINGS", "value": settings.metadata.name}],
}
template: Any = {"metadata": {"labels": labels}, "spec": {"containers": [server]}}
of_settings: Any = {"name": "web", "annotations": {"settings": settings.metadata.name}}
spec: Any = {"selector": {"match_labels": labels}, "template": template}
deployment = apps.v1.Deployment("web", metadata=of_settings, spec=spec, opts=opts)
ports: Any = [{"name": "http", "port": 80, "target_port": "http"}]
token: Any = {"name": "web", "annotations": {"token": pulumi.Output.secret("hush-hush")}}
selector = deployment.spec.template.metadata.labels
core.v1.Service("web", metadata=token, spec={"selector": selector, "ports": ports}, opts=opts)

pulumi.export("url", web.url)

"""HTTPS for a Deployment that somebody else wrote: their YAML stays as it is, a transform adds the proxy."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.yaml import ConfigFile

from pulumi_sidecar import SidecarInjection

web = SidecarInjection("web", {"app": {"port": 8000}, "proxy": {"kind": "nginx"}})
ConfigFile(
    "theirs",
    file=str(Path(__file__).with_name("theirs.yaml")),
    opts=pulumi.ResourceOptions(transforms=[web.transform(name="web")]),
)

pulumi.export("url", web.url)
pulumi.export("ca_cert_pem", web.ca_cert_pem)

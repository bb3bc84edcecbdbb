"""A patch of a Deployment that Pulumi does not own."""

import pulumi

from pulumi_sidecar import SidecarInjection

web = SidecarInjection("web", {"app": {"port": 8000}, "proxy": {"kind": "nginx"}})
web.patch("Deployment", "web")

pulumi.export("url", web.url)

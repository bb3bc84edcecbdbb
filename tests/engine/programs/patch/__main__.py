"""A patch of a Deployment that Pulumi does not own."""

import pulumi

from pulumi_sidecar import SidecarInjection

redirect = pulumi.Config().get_bool("redirect") or False

web = SidecarInjection("web", {"app": {"port": 8000}, "proxy": {"kind": "nginx", "redirect_http": redirect}})
web.patch("Deployment", "web")

pulumi.export("url", web.url)

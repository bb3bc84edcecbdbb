"""One component, whose name, configuration and certificate the tests change."""

import pulumi

from pulumi_sidecar import SidecarDeployment

config = pulumi.Config()
name, formerly = config.get("name") or "web", config.get("formerly")


def always_renew(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """The certificate is within its renewal window from the beginning."""
    if args.type_ != "tls:index/locallySignedCert:LocallySignedCert":
        return None
    args.props["earlyRenewalHours"] = args.props["validityPeriodHours"]
    return pulumi.ResourceTransformResult(args.props, args.opts)


web = SidecarDeployment(
    name,
    {
        "app": {
            "image": "docker.io/library/python:3.11-slim",
            "command": ["python3", "-m", "http.server", "8080"],
            "port": 8080,
        },
        "proxy": {"kind": "nginx", "max_body_size": config.get("max_body_size") or "64Mi"},
        "service": {"name": "web"},
        "replicas": config.get_int("replicas") or 1,
    },
    pulumi.ResourceOptions(
        aliases=[pulumi.Alias(name=formerly)] if formerly else None,
        transforms=[always_renew] if config.get_bool("renew") else None,
    ),
)

pulumi.export("certificate_not_after", web.certificate_not_after)
pulumi.export("config_map_name", web.config_map_name)
pulumi.export("secret_name", web.secret_name)

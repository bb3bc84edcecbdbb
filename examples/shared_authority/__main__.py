"""One CA for two components. Clients in other namespaces find what to trust in a ConfigMap."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import CertificateAuthority, SidecarDeployment

app = Path(__file__).resolve().parents[1] / "https_nginx" / "app.py"
code = ConfigMap("code", data={"app.py": app.read_text()})

# To change the CA: also_trust_generations [2]; then generation 2, also_trust_generations [1]; then generation 2 alone.
ca = CertificateAuthority("platform", {"namespaces": ["default"]})


def shop(name: str) -> SidecarDeployment:
    """The app, with a certificate of the shared CA."""
    return SidecarDeployment(
        name,
        {
            "app": {
                "image": "docker.io/library/python:3.11-slim",
                "command": ["python3", "/srv/app/app.py"],
                "port": 8080,
                "volume_mounts": [{"volume": "code", "mount_path": "/srv/app", "read_only": True}],
            },
            "proxy": {"kind": "nginx"},
            "tls": {"kind": "issued", "ca": ca},
            "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
        },
    )


web, api = shop("web"), shop("api")

pulumi.export("urls", [web.url, api.url])
pulumi.export("bundle_pem", ca.bundle_pem)
pulumi.export("config_map_names", ca.config_map_names)
pulumi.export("ca_not_after", ca.not_after)

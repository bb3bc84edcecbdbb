"""The server shows a certificate that you bring along: its PEM and key come from the stack's configuration."""

from pathlib import Path

import pulumi
import pulumi_tls as tls
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment

app = Path(__file__).resolve().parents[1] / "https_nginx" / "app.py"
code = ConfigMap("code", data={"app.py": app.read_text()})

NAME = "shop.example.com"

config = pulumi.Config()
cert: pulumi.Input[str] | None = config.get("cert")
key: pulumi.Input[str] | None = config.get_secret("key")
if cert is None or key is None:
    # No certificate is configured: one is made here, so that the example runs as it is.
    made = tls.PrivateKey("key", algorithm="ECDSA", ecdsa_curve="P256")
    signed = tls.SelfSignedCert(
        "certificate",
        private_key_pem=made.private_key_pem,
        subject={"common_name": NAME},
        dns_names=[NAME],
        allowed_uses=["digital_signature", "server_auth"],
        validity_period_hours=24 * 90,
    )
    cert, key = signed.cert_pem, made.private_key_pem

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
        "tls": {"kind": "certificate", "cert_pem": cert, "private_key_pem": key, "dns_names": [NAME]},
        "service": {"external_host": NAME},
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

pulumi.export("url", web.url)
pulumi.export("ca_cert_pem", web.ca_cert_pem)
pulumi.export("certificate_not_after", web.certificate_not_after)

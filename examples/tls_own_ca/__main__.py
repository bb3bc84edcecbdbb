"""A server certificate signed by a CA of yours, whose certificate and key come from the stack's configuration."""

from pathlib import Path

import pulumi
import pulumi_tls as tls
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment

app = Path(__file__).resolve().parents[1] / "https_nginx" / "app.py"
code = ConfigMap("code", data={"app.py": app.read_text()})

config = pulumi.Config()
ca_cert: pulumi.Input[str] | None = config.get("caCert")
ca_key: pulumi.Input[str] | None = config.get_secret("caKey")
if ca_cert is None or ca_key is None:
    # No CA is configured: one is made here, so that the example runs as it is.
    key = tls.PrivateKey("ca-key", algorithm="ECDSA", ecdsa_curve="P256")
    ca = tls.SelfSignedCert(
        "ca",
        private_key_pem=key.private_key_pem,
        subject={"common_name": "an example's CA"},
        is_ca_certificate=True,
        set_subject_key_id=True,
        allowed_uses=["cert_signing", "crl_signing"],
        validity_period_hours=24 * 365,
    )
    ca_cert, ca_key = ca.cert_pem, key.private_key_pem

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
        "tls": {
            "kind": "signed_by",
            "ca_cert_pem": ca_cert,
            "ca_private_key_pem": ca_key,
            "dns_names": ["shop.example.com"],
            "validity_days": 60,
            "renew_before_days": 20,
        },
        "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
    },
)

pulumi.export("url", web.url)
pulumi.export("ca_cert_pem", web.ca_cert_pem)
pulumi.export("certificate_not_after", web.certificate_not_after)

"""The Flask app of ../flask_uwsgi_nginx, unchanged, behind Apache httpd and under the prefix /shop."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment, VolumeMount

image = pulumi.Config().require("image")
folder = Path(__file__).resolve().parents[1] / "flask_uwsgi_nginx"

code = ConfigMap("code", data={name: (folder / name).read_text() for name in ("app.py", "style.css")})
source = VolumeMount(volume="code", mount_path="/srv/app", read_only=True)

web = SidecarDeployment(
    "web",
    {
        "app": {
            "image": image,
            "command": ["uwsgi", "--wsgi-file", "/srv/app/app.py", "--callable", "app", "--need-app"],
            "args": ["--processes", "2", "--disable-logging"],
            "protocol": {"kind": "uwsgi", "mount": "/shop"},  # SCRIPT_NAME, by which Flask makes its URLs
            "health_path": "/shop/health",  # as clients write it
            "env": {"UPLOADS": "/srv/uploads"},
            "volume_mounts": [source, {"volume": "uploads", "mount_path": "/srv/uploads"}],
            "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        },
        "init_containers": {
            "static": {
                "image": image,
                "command": ["cp", "/srv/app/style.css", "/srv/static/"],
                "volume_mounts": [source, {"volume": "static", "mount_path": "/srv/static"}],
            },
        },
        "proxy": {
            "kind": "apache",
            "static": [{"url_path": "/shop/static/", "volume": "static"}],
            "max_body_size": "16Mi",
        },
        "volumes": {
            "code": {"kind": "config_map", "name": code.metadata.name},
            "static": {"kind": "empty_dir"},
            "uploads": {"kind": "empty_dir", "size_limit": "1Gi"},
        },
    },
)

pulumi.export("url", web.url.apply(lambda url: f"{url}/shop/"))
pulumi.export("ca_cert_pem", web.ca_cert_pem)

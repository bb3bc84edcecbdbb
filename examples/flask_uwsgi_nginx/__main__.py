"""A Flask app in uWSGI behind nginx, which also serves its static files."""

from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment, VolumeMount

image = pulumi.Config().require("image")
folder = Path(__file__).parent

# The code comes in a ConfigMap, so that any image with Flask and uWSGI can run it. Yours comes in an image of its own.
code = ConfigMap("code", data={name: (folder / name).read_text() for name in ("app.py", "style.css")})
source = VolumeMount(volume="code", mount_path="/srv/app", read_only=True)

web = SidecarDeployment(
    "web",
    {
        "app": {
            "image": image,
            "command": ["uwsgi", "--wsgi-file", "/srv/app/app.py", "--callable", "app", "--need-app"],
            "args": ["--processes", "2", "--disable-logging"],  # the proxy writes the access log
            # A unix socket in a folder that app and proxy share. What uWSGI has to know is set in its environment.
            "protocol": {"kind": "uwsgi"},
            "health_path": "/health",
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
            "kind": "nginx",
            "static": [{"url_path": "/static/", "volume": "static"}],
            "max_body_size": "16Mi",
        },
        "volumes": {
            "code": {"kind": "config_map", "name": code.metadata.name},
            "static": {"kind": "empty_dir"},
            "uploads": {"kind": "empty_dir", "size_limit": "1Gi"},
        },
    },
)

pulumi.export("url", web.url)
pulumi.export("ca_cert_pem", web.ca_cert_pem)

"""A guestbook and its database password: Deployment, Service and Secret, with plain pulumi-kubernetes."""

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Secret, Service

config = pulumi.Config()
labels = {"app": "guestbook"}

secret = Secret("guestbook", string_data={"password": config.require_secret("password")})

container = {
    "name": "guestbook",
    "image": "ghcr.io/acme/guestbook:1.4",
    "ports": [{"container_port": 8080}],
    "env_from": [{"secret_ref": {"name": secret.metadata.name}}],
}

Deployment(
    "guestbook",
    spec={
        "replicas": config.require_int("replicas"),
        "selector": {"match_labels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    },
)

service = Service(
    "guestbook",
    spec={"type": "LoadBalancer", "selector": labels, "ports": [{"port": 80, "target_port": 8080}]},
)


def url(status):
    ingress = status and status.load_balancer and status.load_balancer.ingress  # none until there is an address
    return f"http://{ingress[0].ip}/" if ingress else None


pulumi.export("url", service.status.apply(url))

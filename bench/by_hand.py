"""The resources of one SidecarDeployment, written by hand: what the component saves its users, and what it may cost."""

from __future__ import annotations

import hashlib
from functools import cache

import pulumi
import pulumi_tls as tls
from pulumi_kubernetes import apps, core, meta

CONFIG = "nginx.conf"


class ByHand(pulumi.ComponentResource):
    """HTTPS by nginx in front of an app on port 8080, as somebody would write it who knows what the component knows."""

    url: pulumi.Output[str]
    ca_cert_pem: pulumi.Output[str]
    certificate_not_after: pulumi.Output[str]

    def __init__(self, name: str, image: str, nginx_conf: str) -> None:
        super().__init__("bench:index:ByHand", name)
        self._name, self._opts = name, pulumi.ResourceOptions(parent=self)
        self._selector = {"pulumi-sidecar/component": name}
        self._labels = {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/managed-by": "pulumi-sidecar",
            **self._selector,
        }
        config = core.v1.ConfigMap(
            f"{name}-config", metadata=self._metadata(), data={CONFIG: nginx_conf}, opts=self._opts
        )
        namespace: pulumi.Output[str] = config.metadata.apply(lambda known: known.namespace or "default")
        secret, self.ca_cert_pem, self.certificate_not_after = self._certificate(namespace)
        self._deployment(image, config, secret, _sha256(nginx_conf))
        service = core.v1.Service(
            f"{name}-service",
            metadata=self._metadata(name),
            spec=core.v1.ServiceSpecArgs(
                type="ClusterIP",
                selector=self._selector,
                ports=[core.v1.ServicePortArgs(name="https", port=443, target_port="https", app_protocol="https")],
            ),
            opts=self._opts,
        )
        self.url = pulumi.Output.all(service.urn, namespace).apply(lambda known: f"https://{name}.{known[1]}.svc")
        outputs = ("url", "ca_cert_pem", "certificate_not_after")
        self.register_outputs({key: getattr(self, key) for key in outputs})

    def _metadata(self, name: str | None = None) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(name=name, labels=self._labels)

    def _certificate(
        self, namespace: pulumi.Output[str]
    ) -> tuple[core.v1.Secret, pulumi.Output[str], pulumi.Output[str]]:
        """A CA, a certificate by it, and the Secret that holds it; the CA's PEM and the certificate's end."""
        name, opts = self._name, self._opts
        ca_key = tls.PrivateKey(f"{name}-ca-key", algorithm="ECDSA", ecdsa_curve="P256", opts=opts)
        ca = tls.SelfSignedCert(
            f"{name}-ca",
            private_key_pem=ca_key.private_key_pem,
            subject=tls.SelfSignedCertSubjectArgs(common_name=f"{name} CA"),
            is_ca_certificate=True,
            set_subject_key_id=True,
            allowed_uses=["cert_signing", "crl_signing"],
            validity_period_hours=3650 * 24,
            early_renewal_hours=0,
            opts=opts,
        )
        key = tls.PrivateKey(f"{name}-key", algorithm="ECDSA", ecdsa_curve="P256", opts=opts)
        request = tls.CertRequest(
            f"{name}-request",
            private_key_pem=key.private_key_pem,
            subject=tls.CertRequestSubjectArgs(common_name=name),
            dns_names=namespace.apply(
                lambda space: [
                    name,
                    *(f"{name}.{space}{end}" for end in ("", ".svc", ".svc.cluster.local")),
                    "localhost",
                ]
            ),
            ip_addresses=["127.0.0.1", "::1"],
            opts=opts,
        )
        signed = tls.LocallySignedCert(
            f"{name}-certificate",
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=ca_key.private_key_pem,
            ca_cert_pem=ca.cert_pem,
            allowed_uses=["digital_signature", "server_auth"],
            set_subject_key_id=True,
            validity_period_hours=90 * 24,
            early_renewal_hours=30 * 24,
            opts=opts,
        )
        data = {"tls.crt": signed.cert_pem, "tls.key": key.private_key_pem, "ca.crt": ca.cert_pem}
        secret = core.v1.Secret(
            f"{name}-tls", metadata=self._metadata(), type="kubernetes.io/tls", string_data=data, opts=opts
        )
        return secret, ca.cert_pem, signed.validity_end_time

    def _deployment(self, image: str, config: core.v1.ConfigMap, secret: core.v1.Secret, sha256: str) -> None:
        config_name = config.metadata.apply(lambda known: known.name)
        secret_name = pulumi.Output.unsecret(secret.metadata.apply(lambda known: known.name))
        apps.v1.Deployment(
            f"{self._name}-deployment",
            metadata=self._metadata(),
            spec=apps.v1.DeploymentSpecArgs(
                replicas=1,
                selector=meta.v1.LabelSelectorArgs(match_labels=self._selector),
                strategy=apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
                ),
                template=core.v1.PodTemplateSpecArgs(
                    metadata=meta.v1.ObjectMetaArgs(
                        labels=self._labels, annotations={"pulumi-sidecar/config-sha256": sha256}
                    ),
                    spec=core.v1.PodSpecArgs(
                        containers=[_app(image), _proxy()],
                        volumes=_volumes(config_name, secret_name),
                        security_context=core.v1.PodSecurityContextArgs(
                            fs_group=65532, fs_group_change_policy="OnRootMismatch"
                        ),
                        automount_service_account_token=False,
                        enable_service_links=False,
                        termination_grace_period_seconds=31,
                    ),
                ),
            ),
            opts=self._opts,
        )


@cache
def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _volumes(config: pulumi.Output[str | None], secret: pulumi.Output[str | None]) -> list[core.v1.VolumeArgs]:
    return [
        core.v1.VolumeArgs(name="proxy-config", config_map=core.v1.ConfigMapVolumeSourceArgs(name=config)),
        core.v1.VolumeArgs(
            name="proxy-tls", secret=core.v1.SecretVolumeSourceArgs(secret_name=secret, default_mode=0o440)
        ),
        core.v1.VolumeArgs(name="proxy-work", empty_dir=core.v1.EmptyDirVolumeSourceArgs()),
    ]


def _app(image: str) -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name="app", image=image, security_context=_security(65532, read_only=False), lifecycle=_sleep(16)
    )


def _proxy() -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name="proxy",
        image="docker.io/nginxinc/nginx-unprivileged:1.30.4",
        command=["nginx", "-c", f"/etc/pulumi-sidecar/proxy/{CONFIG}", "-g", "daemon off;"],
        ports=[
            core.v1.ContainerPortArgs(name="https", container_port=8443),
            core.v1.ContainerPortArgs(name="status", container_port=9443),
        ],
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "50m", "memory": "32Mi"}, limits={"memory": "128Mi"}
        ),
        security_context=_security(101, read_only=True),
        volume_mounts=[
            core.v1.VolumeMountArgs(name="proxy-config", mount_path="/etc/pulumi-sidecar/proxy", read_only=True),
            core.v1.VolumeMountArgs(name="proxy-work", mount_path="/run/pulumi-sidecar"),
            core.v1.VolumeMountArgs(name="proxy-tls", mount_path="/etc/pulumi-sidecar/tls", read_only=True),
        ],
        startup_probe=_probe("/alive", 1, 60),
        liveness_probe=_probe("/alive", 10, 3),
        readiness_probe=_probe("/ready", 5, 3),
        lifecycle=_sleep(5),
    )


def _probe(path: str, period: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port="status", scheme="HTTPS"),
        period_seconds=period,
        failure_threshold=failures,
        timeout_seconds=5,
    )


def _sleep(seconds: int) -> core.v1.LifecycleArgs:
    return core.v1.LifecycleArgs(pre_stop=core.v1.LifecycleHandlerArgs(sleep=core.v1.SleepActionArgs(seconds=seconds)))


def _security(user: int, *, read_only: bool) -> core.v1.SecurityContextArgs:
    return core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
        read_only_root_filesystem=read_only,
        run_as_group=user,
        run_as_non_root=True,
        run_as_user=user,
        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )

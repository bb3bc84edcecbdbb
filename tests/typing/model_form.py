"""Arguments as models. Never run: mypy and pyright read it (test_typing.py)."""

from collections.abc import Awaitable

import pulumi

from pulumi_sidecar import (
    Amounts,
    App,
    ConfigMapKey,
    EmptyDir,
    Hsts,
    Http,
    Issued,
    Nginx,
    PersistentVolumeClaim,
    Resources,
    SecretKey,
    Security,
    Service,
    SidecarDeployment,
    SidecarDeploymentArgs,
    Timeouts,
    VolumeMount,
)


def late(text: pulumi.Output[str], number: pulumi.Output[int], awaited: Awaitable[str]) -> None:
    """Where Outputs and awaitables may stand."""
    args = SidecarDeploymentArgs(
        app=App(
            image=text,
            port=8080,
            protocol=Http(),
            command=("/bin/web", text),
            args=("--name", awaited),
            env={
                "A": text,
                "B": awaited,
                "C": SecretKey(secret=text, key="k"),
                "D": ConfigMapKey(config_map="c", key="k"),
            },
            resources=Resources(requests=Amounts(cpu=text), limits=Amounts(memory="1Gi")),
            volume_mounts=(VolumeMount(volume="data", mount_path="/data"),),
            user="image",
            security=Security(seccomp="Unconfined", add_capabilities=("SYS_PTRACE",)),
        ),
        proxy=Nginx(
            image=text,
            hsts=Hsts(preload=True),
            max_body_size=2**30,
            timeouts=Timeouts(read_seconds=300),
            access_log="combined",
            tls_profile="modern",
        ),
        tls=Issued(dns_names=("shop.example.com", text), validity_days=47),
        service=Service(type="LoadBalancer", annotations={"a": text}, external_host=awaited),
        namespace=text,
        replicas=number,
        labels={"team": text},
        volumes={"data": PersistentVolumeClaim(claim_name=text), "cache": EmptyDir(medium="memory")},
        image_pull_secrets=(text,),
    )
    SidecarDeployment("web", args)
    SidecarDeployment("web", args, pulumi.ResourceOptions(protect=True))

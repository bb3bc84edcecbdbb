"""What must not type-check: an error that is no longer one is reported as an ignore too many (test_typing.py)."""

import pulumi

from pulumi_sidecar import App, Nginx, Service, SidecarDeployment, SidecarDeploymentArgs, SidecarDeploymentArgsDict


def wrong_dicts(number: pulumi.Output[int]) -> None:
    a_typo: SidecarDeploymentArgsDict = {
        "app": {"image": "a", "prot": 8080},  # type: ignore[typeddict-item]
        "proxy": {"kind": "nginx"},
    }
    an_output_for_a_port: SidecarDeploymentArgsDict = {
        "app": {"image": "a", "port": number},  # type: ignore[typeddict-item]
        "proxy": {"kind": "nginx"},
    }
    no_image: SidecarDeploymentArgsDict = {
        "app": {"port": 8080},  # type: ignore[typeddict-item]
        "proxy": {"kind": "nginx"},
    }
    another_kind: SidecarDeploymentArgsDict = {
        "app": {"image": "a", "port": 8080},
        "proxy": {"kind": "caddy"},  # type: ignore[typeddict-item]
    }
    a_number_for_text: SidecarDeploymentArgsDict = {
        "app": {"image": "a", "port": 8080, "env": {"PORT": 80}},  # type: ignore[typeddict-item]
        "proxy": {"kind": "nginx"},
    }
    print(a_typo, an_output_for_a_port, no_image, another_kind, a_number_for_text)  # noqa: T201


def wrong_models(number: pulumi.Output[int]) -> None:
    App(port=8080)  # type: ignore[call-arg]
    App(image="a", prot=8080)  # type: ignore[call-arg]
    App(image="a", port=number)  # type: ignore[arg-type]
    Nginx(access_log="xml")  # type: ignore[arg-type]
    Service(type="ExternalName")  # type: ignore[arg-type]
    SidecarDeploymentArgs(app=App(image="a", port=8080), proxies=Nginx())  # type: ignore[call-arg]


def wrong_components(args: SidecarDeploymentArgs) -> None:
    SidecarDeployment("web")  # type: ignore[call-arg]
    SidecarDeployment("web", args, protect=True)  # type: ignore[call-arg]
    SidecarDeployment("web", args).uri  # type: ignore[attr-defined]  # noqa: B018

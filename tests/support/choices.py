"""Kinds of `tls` in programs, and certificates for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pulumi
import pytest

from pulumi_sidecar import ArgumentsError, SidecarDeployment, offline
from tests.conftest import BASIC, Runner, merged
from tests.support.pki import Ca

CA = Ca("a CA")
HOST = "web.default.svc"
OWN = CA.issue("web", (HOST, "shop.example.com"))
ISSUED = ["PrivateKey", "PrivateKey", "SelfSignedCert", "CertRequest", "LocallySignedCert", "Secret"]
CHOICES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "issued": ({"kind": "issued"}, ISSUED),
    "issued, two generations": (
        {"kind": "issued", "also_trust_generations": [2]},
        [*ISSUED, "PrivateKey", "SelfSignedCert"],
    ),
    "signed_by": (
        {"kind": "signed_by", "ca_cert_pem": CA.pem, "ca_private_key_pem": CA.key_pem},
        ["PrivateKey", "CertRequest", "LocallySignedCert", "Secret"],
    ),
    "certificate": ({"kind": "certificate", "cert_pem": OWN.cert, "private_key_pem": OWN.key}, ["Secret"]),
    "certificate with its CA": (
        {"kind": "certificate", "cert_pem": OWN.cert, "private_key_pem": OWN.key, "ca_cert_pem": CA.pem},
        ["Secret"],
    ),
    "secret": ({"kind": "secret", "name": "theirs"}, []),
    "cert_manager": ({"kind": "cert_manager", "issuer": "letsencrypt"}, ["Certificate"]),
    "off": ({"kind": "off"}, []),
}


def component(tls: Any, name: str = "web", **more: Any) -> SidecarDeployment:
    return SidecarDeployment(name, cast(Any, merged(BASIC, more) | ({"tls": tls} if tls else {})))


def offline_run(program: Callable[[], dict[str, SidecarDeployment]]) -> offline.Run:
    def exporting() -> None:
        for name, made in program().items():
            pulumi.export(name, {key: getattr(made, key) for key in SidecarDeployment.__annotations__})

    return offline.run(exporting)


def signed(ca: Ca, **more: Any) -> dict[str, Any]:
    return {"kind": "signed_by", "ca_cert_pem": ca.pem, "ca_private_key_pem": ca.key_pem, **more}


def cause(run: Runner, program: Callable[[], Any], **options: Any) -> ArgumentsError:
    with pytest.raises(ArgumentsError) as caught:
        run(program, **options)
    return caught.value

"""Client certificates, for mutual TLS."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pulumi
from pulumi_kubernetes import core, meta

from pulumi_sidecar import due, pem
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.fields import DnsLabel, fitting
from pulumi_sidecar.inputs import is_late
from pulumi_sidecar.names import LONGEST_GIVEN
from pulumi_sidecar.signing import Signer, Wanted, sign

_VALIDITY_DAYS = 90
_is_label = fitting(DnsLabel)
_LONGEST_BOTH = LONGEST_GIVEN - len("-client-")
"""The names of owner and client are parts of a Secret's."""


def client_problems(owner: str, client: object, namespace: object, issued: Container[str]) -> list[Problem]:
    """What is wrong with a client's name, which becomes part of names of resources and the certificate's subject, and
    with the namespace. `owner` is the component, `issued` are the clients that have a certificate already."""
    found = []
    for field, value in (("client", client), ("namespace", namespace)):
        if field == "namespace" and (value is None or is_late(value)):
            continue
        if not _is_label(value):
            remedy = "Use lower-case letters, digits and inner hyphens, at most 63."
            found.append(Problem(field, f"is no name for a {field}", remedy, value))
    if isinstance(client, str) and client in issued:
        found.append(Problem("client", "has a certificate already", "Use that Secret, or another name.", client))
    if isinstance(client, str) and not found and len(owner) + len(client) > _LONGEST_BOTH:
        reason = "makes, after the component's own name, a Secret's name too long"
        found.append(Problem("client", reason, f"The two may have {_LONGEST_BOTH} characters together.", client))
    return found


def issue_client(
    owner: str,
    client: str,
    signer: Signer,
    server_ca: pulumi.Output[Any],
    namespace: pulumi.Input[str] | None,
    labels: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    ca_validity_days: int = _VALIDITY_DAYS,
) -> core.v1.Secret:
    """A Secret with a client's certificate and key (tls.crt, tls.key), and what it needs to trust the server (ca.crt).

    The certificate's subject is CN=`client`. It is valid for 90 days, or as long as a CA that is valid for fewer.
    """
    validity = min(_VALIDITY_DAYS, ca_validity_days)
    wanted = Wanted(client, [], [], "client_auth", validity_days=validity, renew_before_days=validity // 3)
    checked = replace(signer, cert_pem=pulumi.Output.from_input(signer.cert_pem).apply(partial(_other_subject, client)))
    signed = sign(f"{owner}-client-{client}", wanted, checked, opts)
    due.warn(opts, f'"{owner}": the certificate of its client "{client}"', signed.not_after, due.days(validity // 3))
    return core.v1.Secret(
        f"{owner}-client-{client}",
        metadata=meta.v1.ObjectMetaArgs(namespace=namespace, labels=labels),
        type="kubernetes.io/tls",
        string_data={"tls.crt": signed.cert_pem, "tls.key": signed.key_pem, "ca.crt": server_ca},
        opts=opts,
    )


def _other_subject(client: str, ca_pem: str) -> str:
    """The CA, if its subject is not the client's: such a certificate would count as self-signed."""
    if ca_pem and pem.has_common_name(ca_pem, client):
        problem = Problem("client", "is the CA's own subject", "Name the client otherwise.", client)
        raise ArgumentsError(f'issue_client("{client}")', [problem])
    return ca_pem

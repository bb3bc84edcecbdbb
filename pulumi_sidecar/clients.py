"""Client certificates, for mutual TLS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import core, meta
from pydantic import TypeAdapter, ValidationError

from pulumi_sidecar import due
from pulumi_sidecar.errors import Problem
from pulumi_sidecar.fields import DnsLabel
from pulumi_sidecar.signing import Signer, Wanted, sign

_CLIENT_NAME: TypeAdapter[str] = TypeAdapter(DnsLabel)


def client_problem(client: str) -> Problem | None:
    """What is wrong with a client's name; it becomes part of names of resources, and a certificate's subject."""
    try:
        _CLIENT_NAME.validate_python(client)
    except ValidationError:
        remedy = "Use lower-case letters, digits and inner hyphens, at most 63."
        return Problem("client", "is no name for a client", remedy, client)
    return None


def issue_client(
    owner: str,
    client: str,
    signer: Signer,
    server_ca: pulumi.Output[Any],
    namespace: pulumi.Input[str] | None,
    labels: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    days: tuple[int, int] = (90, 30),
) -> core.v1.Secret:
    """A Secret with a client's certificate and key (tls.crt, tls.key), and what it needs to trust the server (ca.crt).

    The certificate's subject is CN=`client`. `days` are validity and renewal window.
    """
    wanted = Wanted(client, [], [], "client_auth", validity_days=days[0], renew_before_days=days[1])
    signed = sign(f"{owner}-client-{client}", wanted, signer, opts)
    due.warn(opts, f'"{owner}": the certificate of its client "{client}"', signed.not_after, due.days(days[1]))
    return core.v1.Secret(
        f"{owner}-client-{client}",
        metadata=meta.v1.ObjectMetaArgs(namespace=namespace, labels=labels),
        type="kubernetes.io/tls",
        string_data={"tls.crt": signed.cert_pem, "tls.key": signed.key_pem, "ca.crt": server_ca},
        opts=opts,
    )

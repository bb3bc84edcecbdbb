"""The resources and functions of pulumi-tls, computed here: real keys and certificates, without the plugin.

Follows terraform-provider-tls, which pulumi-tls wraps, defaults and quirks included. Needs `cryptography`.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from pulumi_sidecar.runtime import local_keys
from pulumi_sidecar.runtime.local_keys import Inputs

Created = tuple[str, dict[str, Any]]
T = TypeVar("T", bound=x509.ExtensionType)

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "P224": ec.SECP224R1,
    "P256": ec.SECP256R1,
    "P384": ec.SECP384R1,
    "P521": ec.SECP521R1,
}
_SUBJECT = (  # in the order in which Go writes a distinguished name
    ("country", NameOID.COUNTRY_NAME),
    ("organization", NameOID.ORGANIZATION_NAME),
    ("organizationalUnit", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("locality", NameOID.LOCALITY_NAME),
    ("province", NameOID.STATE_OR_PROVINCE_NAME),
    ("streetAddresses", NameOID.STREET_ADDRESS),
    ("postalCode", NameOID.POSTAL_CODE),
    ("commonName", NameOID.COMMON_NAME),
    ("serialNumber", NameOID.SERIAL_NUMBER),
    ("emailAddress", NameOID.EMAIL_ADDRESS),
)
_KEY_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "cert_signing",
    "crl_signing",
    "encipher_only",
    "decipher_only",
)
_EXTENDED_USES = {
    "any_extended": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code_signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email_protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "ipsec_end_system": ObjectIdentifier("1.3.6.1.5.5.7.3.5"),
    "ipsec_tunnel": ObjectIdentifier("1.3.6.1.5.5.7.3.6"),
    "ipsec_user": ObjectIdentifier("1.3.6.1.5.5.7.3.7"),
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp_signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "microsoft_commercial_code_signing": ObjectIdentifier("1.3.6.1.4.1.311.2.1.22"),
    "microsoft_kernel_code_signing": ObjectIdentifier("1.3.6.1.4.1.311.61.1.1"),
    "microsoft_server_gated_crypto": ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
    "netscape_server_gated_crypto": ObjectIdentifier("2.16.840.1.113730.4.1"),
}


def create(typ: str, inputs: Inputs) -> Created | None:
    """Id and outputs of a `tls:` resource, or None for a type that is not known here.

    Raises ValueError, with the property's name, for what the provider refuses.
    """
    maker = _RESOURCES.get(typ)
    return maker(inputs) if maker else None


def call(token: str, args: Inputs) -> dict[str, Any] | None:
    """The result of `tls:index/getPublicKey:getPublicKey`; None for other functions."""
    if token == "tls:index/getPublicKey:getPublicKey":  # noqa: S105 - a function's name
        key = local_keys.load(args, "privateKeyPem" if args.get("privateKeyPem") else "privateKeyOpenssh")
        public = local_keys.public_outputs(key)
        return {**args, **public, "algorithm": local_keys.algorithm(key), "id": _sha1(public["publicKeyPem"])}
    return None


def _private_key(inputs: Inputs) -> Created:
    algorithm, curve, bits = inputs.get("algorithm"), inputs.get("ecdsaCurve", "P224"), inputs.get("rsaBits", 2048)
    key: local_keys.PrivateKey
    if algorithm == "RSA":
        key = rsa.generate_private_key(public_exponent=65537, key_size=int(bits))
    elif algorithm == "ECDSA" and curve in _CURVES:
        key = ec.generate_private_key(_CURVES[curve]())
    elif algorithm == "ED25519":
        key = ed25519.Ed25519PrivateKey.generate()
    elif algorithm == "ECDSA":
        raise ValueError(f"ecdsaCurve: {curve!r} is none of {', '.join(_CURVES)}")
    else:
        raise ValueError(f"algorithm: {algorithm!r} is none of RSA, ECDSA, ED25519")
    pkcs8 = local_keys.private_pem(key, serialization.PrivateFormat.PKCS8)
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    private = {
        "privateKeyPem": pkcs8 if algorithm == "ED25519" else local_keys.private_pem(key, traditional),
        "privateKeyPemPkcs8": pkcs8,
        "privateKeyOpenssh": local_keys.private_pem(key, serialization.PrivateFormat.OpenSSH),
    }
    public = local_keys.public_outputs(key)
    der = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest
    return der.hex(), {**inputs, "ecdsaCurve": curve, "rsaBits": int(bits), **private, **public}


def _cert_request(inputs: Inputs) -> Created:
    key = local_keys.load(inputs, "privateKeyPem")
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(inputs.get("subject")))
    if names := _alternative_names(inputs):
        builder = builder.add_extension(names, critical=False)
    pem = builder.sign(key, local_keys.digest(key)).public_bytes(serialization.Encoding.PEM).decode()
    return _sha1(pem), {**inputs, "certRequestPem": pem, "keyAlgorithm": local_keys.algorithm(key)}


def _self_signed(inputs: Inputs) -> Created:
    key = local_keys.load(inputs, "privateKeyPem")
    subject = _name(inputs.get("subject"))
    builder = _template(inputs, subject, key.public_key(), _alternative_names(inputs))
    if inputs.get("setAuthorityKeyId"):
        builder = builder.add_extension(_authority(key.public_key()), critical=False)
    id_, outputs = _issued(builder, subject, key, inputs)
    return id_, {**outputs, "keyAlgorithm": local_keys.algorithm(key)}


def _locally_signed(inputs: Inputs) -> Created:
    key = local_keys.load(inputs, "caPrivateKeyPem")
    request = x509.load_pem_x509_csr(local_keys.pem_of(inputs, "certRequestPem"))
    authority = x509.load_pem_x509_certificate(local_keys.pem_of(inputs, "caCertPem"))
    if authority.public_key() != key.public_key():
        raise ValueError("caPrivateKeyPem: this is not the key of caCertPem")
    names = _extension(request, x509.SubjectAlternativeName)
    builder = _template(inputs, request.subject, request.public_key(), names)
    identifier = _extension(authority, x509.SubjectKeyIdentifier)
    # As Go's x509.CreateCertificate: a certificate whose subject equals its issuer's is taken for self-signed.
    if identifier and authority.subject != request.subject:
        known = x509.AuthorityKeyIdentifier(identifier.digest, None, None)
        builder = builder.add_extension(known, critical=False)
    elif inputs.get("setAuthorityKeyId"):
        builder = builder.add_extension(_authority(key.public_key()), critical=False)
    id_, outputs = _issued(builder, authority.subject, key, inputs)
    return id_, {**outputs, "caKeyAlgorithm": local_keys.algorithm(key)}


def _template(
    inputs: Inputs, subject: x509.Name, public_key: Any, names: x509.SubjectAlternativeName | None
) -> x509.CertificateBuilder:
    """The extensions that both kinds of certificate share, in Go's order."""
    builder = x509.CertificateBuilder().subject_name(subject).public_key(public_key)
    uses = [str(use) for use in inputs.get("allowedUses") or ()]
    if unknown := [use for use in uses if use not in _KEY_USES and use not in _EXTENDED_USES]:
        raise ValueError(f"allowedUses: {unknown[0]!r} is none of {', '.join([*_KEY_USES, *_EXTENDED_USES])}")
    if key_uses := {use for use in uses if use in _KEY_USES}:
        builder = builder.add_extension(_key_usage(key_uses), critical=True)
    if extended := [_EXTENDED_USES[use] for use in uses if use in _EXTENDED_USES]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    is_ca = bool(inputs.get("isCaCertificate"))
    # A length of 0 gets lost in Go, where it means "not set".
    length = int(inputs.get("maxPathLength") or 0) or None
    builder = builder.add_extension(x509.BasicConstraints(is_ca, length if is_ca else None), critical=True)
    if is_ca or inputs.get("setSubjectKeyId"):  # Go gives every CA one
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    if names:
        builder = builder.add_extension(names, critical=not list(subject))
    return builder


def _key_usage(uses: set[str]) -> x509.KeyUsage:
    names = {"cert_signing": "key_cert_sign", "crl_signing": "crl_sign"}
    return x509.KeyUsage(**{names.get(use, use): use in uses for use in _KEY_USES})


def _issued(builder: x509.CertificateBuilder, issuer: x509.Name, key: local_keys.PrivateKey, inputs: Inputs) -> Created:
    start = datetime.now(UTC).replace(microsecond=0)
    end = start + timedelta(hours=int(inputs["validityPeriodHours"]))
    serial = x509.random_serial_number()
    builder = builder.issuer_name(issuer).serial_number(serial).not_valid_before(start).not_valid_after(end)
    certificate = builder.sign(key, local_keys.digest(key))
    return str(serial), {
        **inputs,
        "certPem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "isCaCertificate": bool(inputs.get("isCaCertificate")),
        "earlyRenewalHours": int(inputs.get("earlyRenewalHours") or 0),
        "validityStartTime": _rfc3339(start),
        "validityEndTime": _rfc3339(end),
        "readyForRenewal": False,  # the provider looks at the clock when it plans the next update, not on creation
    }


def _name(subject: Any) -> x509.Name:
    fields = subject if isinstance(subject, Mapping) else {}
    attributes = []
    for key, oid in _SUBJECT:
        values = fields.get(key) or ()
        for value in [values] if isinstance(values, str) else values:
            # Go writes what it is given; cryptography would insist on two letters for a country.
            attributes.append(x509.NameAttribute(oid, str(value), _validate=False))
    return x509.Name(attributes)


def _alternative_names(inputs: Inputs) -> x509.SubjectAlternativeName | None:
    names: list[x509.GeneralName] = [x509.DNSName(str(name)) for name in inputs.get("dnsNames") or ()]
    names += [x509.IPAddress(ipaddress.ip_address(str(address))) for address in inputs.get("ipAddresses") or ()]
    names += [x509.UniformResourceIdentifier(str(uri)) for uri in inputs.get("uris") or ()]
    return x509.SubjectAlternativeName(names) if names else None


def _extension(holder: Any, kind: type[T]) -> T | None:
    try:
        found: T = holder.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    return found


def _authority(public_key: Any) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _sha1(text: str) -> str:
    return hashlib.sha1(text.strip().encode(), usedforsecurity=False).hexdigest()


_RESOURCES: dict[str, Callable[[Inputs], Created]] = {
    "tls:index/privateKey:PrivateKey": _private_key,
    "tls:index/certRequest:CertRequest": _cert_request,
    "tls:index/selfSignedCert:SelfSignedCert": _self_signed,
    "tls:index/locallySignedCert:LocallySignedCert": _locally_signed,
}

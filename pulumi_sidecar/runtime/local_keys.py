"""Private keys as pulumi-tls reads and writes them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

Inputs = Mapping[str, Any]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def load(inputs: Inputs, name: str) -> PrivateKey:
    """The private key in that property, or in its write-only twin. Raises ValueError where it is none."""
    pem = pem_of(inputs, name)
    try:
        if b"BEGIN OPENSSH" in pem:
            key: Any = serialization.load_ssh_private_key(pem, password=None)
        else:
            key = serialization.load_pem_private_key(pem, password=None)
    except ValueError:
        # No cause: the text of a parser's error may quote what it could not parse.
        raise ValueError(f"{name}: not a private key in PEM") from None
    if not isinstance(key, PrivateKey):
        raise ValueError(f"{name}: neither RSA, ECDSA nor ED25519")
    return key


def pem_of(inputs: Inputs, name: str) -> bytes:
    """The text in that property, or in its write-only twin. Raises ValueError where there is none."""
    value = inputs.get(name) or inputs.get(f"{name}Wo")
    if not value:
        raise ValueError(f"{name}: missing")
    return str(value).encode()


def private_pem(key: PrivateKey, form: serialization.PrivateFormat) -> str:
    """The key in PEM, or "" where that form cannot hold it."""
    try:
        return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    except (ValueError, UnsupportedAlgorithm):
        return ""  # OpenSSH knows no P-224: the provider leaves the property empty too


def public_outputs(key: PrivateKey) -> dict[str, str]:
    """The outputs that tell the public key."""
    public = key.public_key()
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = public.public_bytes(serialization.Encoding.PEM, info).decode()
    try:
        ssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    except (ValueError, UnsupportedAlgorithm):
        names = ("publicKeyOpenssh", "publicKeyFingerprintMd5", "publicKeyFingerprintSha256")
        return {"publicKeyPem": pem, **dict.fromkeys(names, "")}
    blob = base64.b64decode(ssh.split()[1])
    sha256 = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return {
        "publicKeyPem": pem,
        "publicKeyOpenssh": ssh.decode() + "\n",
        "publicKeyFingerprintMd5": hashlib.md5(blob, usedforsecurity=False).digest().hex(":"),
        "publicKeyFingerprintSha256": f"SHA256:{sha256}",
    }


def algorithm(key: PrivateKey) -> str:
    """The key's algorithm, as pulumi-tls calls it."""
    if isinstance(key, rsa.RSAPrivateKey):
        return "RSA"
    return "ECDSA" if isinstance(key, ec.EllipticCurvePrivateKey) else "ED25519"


def digest(key: PrivateKey) -> Any:
    """The hash that Go signs with: by the curve's size; none for Ed25519, which has its own."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size > 256:
        return hashes.SHA384() if key.key_size == 384 else hashes.SHA512()
    return hashes.SHA256()

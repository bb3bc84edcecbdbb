"""Private keys are in Secrets, and in the marked inputs of pulumi-tls that make them. Nowhere else, whatever is chosen.

Every key that a run makes or is given is looked for, whole, by its lines and in base64, in all that the run leaves:
objects, inputs, outputs, logs, errors, rendered text.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import pulumi
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pulumi_sidecar import CertificateAuthority, SidecarDeployment, manifests, offline
from pulumi_sidecar.offline import ProgramError
from pulumi_sidecar.runtime.recorded import Recorded
from tests.conftest import BASIC, merged
from tests.support.pki import Ca, key_pem, new_key

CA = Ca("a CA")
OWN = CA.issue("web", ("web.default.svc",))
PROXIES = ("nginx", "apache")

CHOICES: dict[str, dict[str, Any]] = {
    "issued": {"kind": "issued"},
    "issued, RSA": {"kind": "issued", "algorithm": "RSA-2048"},
    "two generations": {"kind": "issued", "ca_generation": 2, "also_trust_generations": [1, 3]},
    "signed_by": {"kind": "signed_by", "ca_cert_pem": CA.pem, "ca_private_key_pem": CA.key_pem},
    "certificate": {"kind": "certificate", "cert_pem": OWN.cert, "private_key_pem": OWN.key, "ca_cert_pem": CA.pem},
    "secret": {"kind": "secret", "name": "theirs", "ca_cert_pem": CA.pem},
    "cert_manager": {"kind": "cert_manager", "issuer": "x", "ca_cert_pem": CA.pem},
    "off": {"kind": "off"},
}
MARKS = ("plain", "secret")


def program(choice: str, mark: str, proxy: str) -> Callable[[], None]:
    """One component of that choice, with everything that may be made beside it, and everything exported."""
    given = CHOICES[choice]
    tls = dict(given)
    if mark == "secret":
        tls = {key: pulumi_secret(value) if key.endswith("_pem") else value for key, value in given.items()}

    def run() -> None:
        more: dict[str, Any] = {"proxy": {"kind": proxy}, "tls": {k: v() if callable(v) else v for k, v in tls.items()}}
        if choice != "off":
            source = {"kind": "pem", "pem": CA.pem} if choice in ("secret", "cert_manager") else {"kind": "own"}
            more["client_auth"] = {"ca": source}
        web = SidecarDeployment("web", cast(Any, merged(BASIC, {}) | more))
        shared = CertificateAuthority("platform", {"namespaces": ["shop"], "also_trust_generations": [2]})
        second = SidecarDeployment("second", cast(Any, {**BASIC, "tls": {"kind": "issued", "ca": shared}}))
        if more["tls"]["kind"] in ("issued", "signed_by"):
            web.issue_client("billing")
        shared.issue_client("stock")
        second.issue_client("stock")
        for component in (web, second):
            for key in SidecarDeployment.__annotations__:
                pulumi.export(f"{component._name} {key}", getattr(component, key))
        for key in CertificateAuthority.__annotations__:
            pulumi.export(f"platform {key}", getattr(shared, key))

    return run


def pulumi_secret(value: str) -> Callable[[], Any]:
    return lambda: pulumi.Output.secret(cast(Any, value))


# --- looking ----------------------------------------------------------------------------------------------------------

Path = tuple[str | int, ...]


def texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text within, keys of dicts too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key), str(key)
            yield from texts(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))
    elif isinstance(value, str):
        yield path, value


@functools.cache
def parts(key: str) -> tuple[str, ...]:
    """What of a key must not be seen: pieces of its private number, as hexadecimal digits and, at every alignment, as
    base64; and pieces of the PEM text in base64 once more."""
    loaded = load_pem_private_key(key.encode(), None)
    if isinstance(loaded, rsa.RSAPrivateKey):
        numbers = loaded.private_numbers()
        secrets = [numbers.d.to_bytes(512).lstrip(b"\0"), numbers.p.to_bytes(256).lstrip(b"\0")]
    elif isinstance(loaded, ec.EllipticCurvePrivateKey):
        secrets = [loaded.private_numbers().private_value.to_bytes(loaded.key_size // 8)]
    else:
        assert isinstance(loaded, ed25519.Ed25519PrivateKey)
        secrets = [loaded.private_bytes_raw()]
    found = [secret[:12].hex() for secret in secrets]
    for secret in secrets:
        for start in (0, 1, 2, len(secret) - 15, len(secret) - 16, len(secret) - 17):
            found.append(base64.b64encode(secret[start : start + 15]).decode())
    found += [base64.b64encode(key[start : start + 30].encode()).decode() for start in range(40, 43)]
    return tuple(found)


PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")


def keys_of(run: offline.Run) -> set[str]:
    """Every private key of a run: those that were made, and those that were given."""
    found = {CA.key_pem, OWN.key}
    for each in run.resources:
        for source in (each.inputs, each.outputs):
            found |= {text for _, text in texts(source) if PRIVATE.search(text) and "\n" in text}
    return {key for key in found if "OPENSSH" not in key}


def holds(text: str, keys: set[str]) -> bool:
    squeezed = re.sub(r"\s", "", text)
    return bool(PRIVATE.search(text)) or any(part in squeezed for key in keys for part in parts(key))


def allowed(each: Recorded, path: Path) -> bool:
    """A Secret's value, or the input of pulumi-tls that signs."""
    if each.type == "kubernetes:core/v1:Secret":
        return path in (("stringData", "tls.key"), ("data", "tls.key"))
    return each.type.startswith("tls:") and path in (("privateKeyPem",), ("caPrivateKeyPem",))


@pytest.fixture(scope="module")
def runs() -> dict[tuple[str, str, str], tuple[offline.Run, str]]:
    """Every run with what it logged. Made once."""
    made = {}
    for proxy in PROXIES:
        for choice in CHOICES:
            for mark in MARKS:
                records: list[str] = []
                handler = logging.Handler(0)
                handler.emit = lambda record, kept=records: kept.append(record.getMessage())  # type: ignore[method-assign, misc]
                root = logging.getLogger()
                level = root.level
                root.addHandler(handler)
                root.setLevel(0)
                try:
                    made[choice, mark, proxy] = offline.run(program(choice, mark, proxy)), "\n".join(records)
                finally:
                    root.removeHandler(handler)
                    root.setLevel(level)
    return made


Runs = dict[tuple[str, str, str], tuple[offline.Run, str]]
every = pytest.mark.parametrize(
    ("choice", "mark", "proxy"), [(choice, mark, proxy) for choice in CHOICES for mark in MARKS for proxy in PROXIES]
)


@every
def test_inputs(runs: Runs, choice: str, mark: str, proxy: str) -> None:
    run, _ = runs[choice, mark, proxy]
    keys = keys_of(run)
    assert len(keys) >= 7, "the search has something to look for"
    seen = 0
    for each in run.resources:
        for path, text in texts(each.inputs):
            if holds(text, keys):
                assert allowed(each, path), (each.type, each.name, path)
                assert any(path[: len(marked)] == marked for marked in each.secret_paths), (each.name, path)
                seen += 1
    assert seen >= 10, "and finds what is allowed"


@every
def test_outputs_of_components_and_of_the_stack(runs: Runs, choice: str, mark: str, proxy: str) -> None:
    run, _ = runs[choice, mark, proxy]
    keys = keys_of(run)
    assert len(run.outputs) > 12
    for path, text in texts(run.outputs):
        assert not holds(text, keys), path
    for each in run.resources:
        for path, text in texts(each.registered_outputs or {}):
            assert not holds(text, keys), (each.name, path)


@every
def test_state_of_others_than_tls_and_secrets(runs: Runs, choice: str, mark: str, proxy: str) -> None:
    run, _ = runs[choice, mark, proxy]
    keys = keys_of(run)
    for each in run.resources:
        for path, text in texts(each.outputs):
            if holds(text, keys):
                assert each.type.startswith("tls:") or allowed(each, path), (each.name, path)
                assert path[0] in each.secret_outputs, (each.name, path)


@every
def test_rendered_objects(runs: Runs, choice: str, mark: str, proxy: str) -> None:
    run, _ = runs[choice, mark, proxy]
    keys = keys_of(run)
    for body in run.objects():
        for path, text in texts(body):
            if holds(text, keys):
                assert body["kind"] == "Secret", (body["kind"], path)
                assert path == ("stringData", "tls.key")
    redacted = manifests.to_yaml(run.manifests())
    assert not holds(redacted, keys)
    assert "BEGIN CERTIFICATE" in redacted


@every
def test_logs(runs: Runs, choice: str, mark: str, proxy: str) -> None:
    run, logged = runs[choice, mark, proxy]
    keys = keys_of(run)
    assert [line for line in logged.split("\n") if holds(line, keys)] == []


@every
def test_no_other_secret_marks(runs: Runs, choice: str, mark: str, proxy: str) -> None:
    """A secret in an annotation would make a whole Deployment secret: none gets there."""
    run, _ = runs[choice, mark, proxy]
    for each in run.resources:
        if each.type.endswith((":Deployment", ":Service")):
            assert not each.secret_paths, (each.name, each.secret_paths)


@pytest.mark.parametrize("choice", ["secret", "cert_manager"])
def test_nothing_of_the_key_is_in_the_state_where_others_make_it(choice: str) -> None:
    def alone() -> None:
        SidecarDeployment("web", cast(Any, {**BASIC, "tls": CHOICES[choice]}))

    run = offline.run(alone)
    assert not [each for each in run.resources if each.type.startswith("tls:") or each.type.endswith(":Secret")]
    everything = json.dumps([[each.inputs, each.outputs] for each in run.resources])
    assert "PRIVATE" not in everything


# --- errors -----------------------------------------------------------------------------------------------------------

WRONG: dict[str, dict[str, Any]] = {
    "another key": {"kind": "certificate", "cert_pem": OWN.cert, "private_key_pem": key_pem(new_key())},
    "key in the place of the certificate": {"kind": "certificate", "cert_pem": OWN.key, "private_key_pem": OWN.key},
    "a key without its frame": {
        "kind": "certificate",
        "cert_pem": "".join(OWN.key.split("\n")[1:-2]),
        "private_key_pem": "".join(OWN.key.split("\n")[1:-2]),
    },
    "half a key": {"kind": "certificate", "cert_pem": OWN.cert, "private_key_pem": OWN.key[:120]},
    "a broken key": {
        "kind": "certificate",
        "cert_pem": OWN.cert,
        "private_key_pem": OWN.key.replace(OWN.key[60:64], "AAAA"),
    },
    "a CA's other key": {"kind": "signed_by", "ca_cert_pem": CA.pem, "ca_private_key_pem": OWN.key},
    "a key for a CA": {"kind": "signed_by", "ca_cert_pem": CA.key_pem, "ca_private_key_pem": CA.key_pem},
    "a key in a list": {"kind": "signed_by", "ca_cert_pem": CA.pem, "ca_private_key_pem": [CA.key_pem]},
    "a key as a CA to trust": {"kind": "secret", "name": "x", "ca_cert_pem": CA.key_pem},
    "a key as a name": {"kind": "secret", "name": CA.key_pem},
    "a misspelt field": {"kind": "signed_by", "ca_cert_pem": CA.pem, "ca_private_key": CA.key_pem},
}


@pytest.mark.parametrize("arrival", ["plain", "an Output", "secret"])
@pytest.mark.parametrize("wrong", WRONG)
def test_errors_never_quote_a_key(wrong: str, arrival: str, caplog: pytest.LogCaptureFixture) -> None:
    wraps: dict[str, Callable[[Any], Any]] = {
        "plain": lambda value: value,
        "an Output": pulumi.Output.from_input,
        "secret": lambda value: pulumi.Output.secret(value),
    }

    def program() -> None:
        tls = {key: wraps[arrival](value) if key != "kind" else value for key, value in WRONG[wrong].items()}
        SidecarDeployment("web", cast(Any, {**BASIC, "tls": tls}))

    with caplog.at_level(0), pytest.raises(ProgramError) as caught:
        offline.run(program)
    given = [value for value in WRONG[wrong].values() if isinstance(value, str) and value.count("PRIVATE KEY") == 2]
    keys = {CA.key_pem, OWN.key, *(key for key in given if wrong != "a broken key")}
    chain: list[BaseException] = []
    error: BaseException | None = caught.value
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__
    said = re.sub(r"\s|\\\\n", "", "".join([*map(str, chain), *map(repr, chain), caplog.text]))
    for key in keys:
        for part in parts(key):
            assert part not in said, chain

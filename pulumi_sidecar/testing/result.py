"""What a program declared, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from pulumi_sidecar.manifests import Object
from pulumi_sidecar.manifests import Path as PropertyPath
from pulumi_sidecar.runtime.recorded import UNKNOWN, Recorded, Unevaluated
from pulumi_sidecar.testing.providers import matches


@dataclass(frozen=True)
class Resource(Recorded):
    """A resource as the program declared it, after transforms.

    `inputs` and `outputs` have the engine's camelCase keys; whole numbers are ints; secrets are unwrapped (ask
    `is_secret`), and what is not known is UNKNOWN.
    """

    additional_secret_outputs: tuple[str, ...] = ()
    custom_timeouts: Mapping[str, str] = field(default_factory=dict)
    """create, update, delete, read → a duration as the engine gets it ("10m")."""
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    hide_diffs: tuple[str, ...] = ()
    version: str = ""
    plugin_download_url: str = ""

    @property
    def provider_urn(self) -> str:
        """URN of an explicit provider, "" for the default one."""
        return self.provider.rpartition("::")[0]

    @property
    def package(self) -> str:
        """The provider's package: "kubernetes", "tls"; of a provider, the package that it serves."""
        first, _, rest = self.type.partition(":")
        return rest.rpartition(":")[2] if self.is_provider else first

    @property
    def is_provider(self) -> bool:
        """Whether it is an explicit provider."""
        return self.type.startswith("pulumi:providers:")

    def is_secret(self, *path: str | int) -> bool:
        """Whether the input at `path` is a secret, by itself or as part of one."""
        return any(path[: len(secret)] == secret for secret in self.secret_paths)

    def holds_secret(self, *path: str | int) -> bool:
        """Whether a secret is at `path` of the inputs, above it or below it."""
        return self.is_secret(*path) or any(secret[: len(path)] == path for secret in self.secret_paths)

    def is_unknown(self, *path: str | int) -> bool:
        """Whether the input at `path` is not known, by itself or as part of something."""
        return any(path[: len(unknown)] == unknown for unknown in self.unknown_paths)


@dataclass(frozen=True)
class OutputValue:
    """A stack's export, or an Output that the program returned."""

    value: Any = field(repr=False)
    """Unwrapped; UNKNOWN where it is not known."""
    secret: bool = False

    @property
    def known(self) -> bool:
        """Whether all of it is known."""
        return not any(item == UNKNOWN for _, item in leaves(self.value))


@dataclass(frozen=True)
class Diagnostic:
    """A message of the program (pulumi.log), or of a provider."""

    severity: str
    """debug, info, warning or error."""
    message: str
    urn: str = ""


class Failure(NamedTuple):
    """A resource that was not created."""

    type: str
    name: str
    error: BaseException


@dataclass(frozen=True)
class Result:
    """What an update or a preview came to."""

    resources: list[Resource]
    """In the order of registration, without the stack itself and without what failed."""
    outputs: dict[str, OutputValue]
    """The stack's exports."""
    returned: Any = None
    """What the program returned, where it is a function: an OutputValue for every Output in it."""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    unmocked: list[Unevaluated] = field(default_factory=list)
    """Resources and functions that neither the kit nor the test has outputs for: they are unknown."""
    preview: bool = False
    secret_config: tuple[str, ...] = field(default=(), repr=False)
    """The values of secret configuration."""

    def all(self, type_: str = "", name: str | None = None) -> list[Resource]:
        """Resources of a type; its last word is enough ("Deployment"). Without one, all."""
        fits = [each for each in self.resources if name in (None, each.name)]
        return [each for each in fits if not type_ or matches(type_, each.type)]

    def one(self, type_: str = "", name: str | None = None) -> Resource:
        """The only resource of that type and name. Raises AssertionError where there is none, or more."""
        found = self.all(type_, name)
        if len(found) != 1:
            there = "\n".join(f"  {each.type} {each.name!r}" for each in self.resources) or "  (nothing)"
            wanted = " ".join(filter(None, [type_, repr(name) if name else ""]))
            raise AssertionError(f"{len(found)} resources are {wanted or 'there'}, and one is wanted, out of\n{there}")
        return found[0]

    def children(self, of: Resource | str) -> list[Resource]:
        """The resources whose parent is `of` (a resource or a URN)."""
        urn = of if isinstance(of, str) else of.urn
        return [each for each in self.resources if each.parent == urn]

    def descendants(self, of: Resource | str) -> list[Resource]:
        """The children of `of`, theirs, and so on."""
        found = self.children(of)
        return found + [below for child in found for below in self.descendants(child)]

    def objects(self) -> list[Object]:
        """The Kubernetes objects as the API server would get them, secrets included."""
        return [each.manifest().body for each in self.resources if each.is_object]


def resource(recorded: Recorded, request: Any) -> Resource:
    """The recorded resource, with those of the request's options that a rendering has no use for."""
    timeouts = getattr(request, "customTimeouts", None)
    found = {key: getattr(timeouts, key, "") for key in ("create", "update", "delete", "read")}
    return Resource(
        **{each.name: getattr(recorded, each.name) for each in fields(Recorded)},
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        custom_timeouts={key: value for key, value in found.items() if value},
        deleted_with=getattr(request, "deletedWith", ""),
        replace_with=tuple(getattr(request, "replace_with", ())),
        hide_diffs=tuple(getattr(request, "hideDiffs", ())),
        version=request.version,
        plugin_download_url=request.pluginDownloadURL,
    )


def leaves(value: Any, path: PropertyPath = (), *, keys: bool = True) -> Iterator[tuple[PropertyPath, Any]]:
    """Every value that is neither dict nor list, with its path; and, with `keys`, every key of a dict."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if keys:
                yield (*path, key), key
            yield from leaves(item, (*path, key), keys=keys)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index), keys=keys)
    else:
        yield path, value

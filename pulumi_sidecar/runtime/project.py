"""A program's folder: Pulumi.yaml, the stack's configuration, and the surroundings in which the engine runs it."""

from __future__ import annotations

import json
import os
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ORGANIZATION = "organization"
"""What the engine says where the backend has no organizations."""


class ProjectError(Exception):
    """The folder or its configuration cannot be used. The text gives file, reason and remedy."""


@dataclass(frozen=True)
class Project:
    """A program that is ready to run."""

    name: str
    root: Path
    """Where Pulumi.yaml is: what lies below it is the user's own code."""
    start: Callable[[], None]
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Full keys (`project:key`) to strings, as the engine passes them."""
    secret_keys: frozenset[str] = frozenset()
    directory: Path | None = None
    """The working directory and first entry of sys.path while it runs; None to leave both alone."""


def read_project(folder: Path, stack: str, overrides: Mapping[str, str], *, name: str | None = None) -> Project:
    """The project in that folder. Raises ProjectError if there is none, or none for Python, or a value is encrypted."""
    folder = folder.resolve()
    file = _project_file(folder)
    project = _mapping(file)
    runtime = project.get("runtime")
    language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if language != "python":
        raise ProjectError(f"{file}: runtime is {language!r}; only Python programs run offline")
    name = name or str(project.get("name") or folder.name)
    config = _project_defaults(project, file, name)
    stack_file = _stack_folder(project, folder) / f"Pulumi.{stack_name(stack)}{file.suffix}"
    given = {full_key(key, name): value for key, value in overrides.items()}
    if stack_file.is_file():
        values = _config(_mapping(stack_file, may_be_empty=True), stack_file)
        config |= {full_key(key, name): value for key, value in values.items() if full_key(key, name) not in given}
    texts = {key: _text(key, value, stack_file) for key, value in config.items() if key not in given} | given
    main = _main(file, str(project.get("main") or ""))

    def start() -> None:
        runpy.run_path(str(main), run_name="__main__")

    return Project(name, folder, start, texts, _secret_keys(project, name), main.parent)


def stack_name(stack: str) -> str:
    """The stack's own name: of ORGANIZATION/PROJECT/STACK, or ORGANIZATION/STACK, the last part."""
    return stack.rpartition("/")[2]


def organization_name(stack: str) -> str:
    """The organization of ORGANIZATION/PROJECT/STACK or ORGANIZATION/STACK, else what the engine says where the backend
    has none."""
    return stack.partition("/")[0] if "/" in stack else ORGANIZATION


def configured_stacks(folder: Path) -> list[str]:
    """The names of the stacks that have a configuration file. Raises ProjectError if there is no project."""
    folder = folder.resolve()
    file = _project_file(folder)
    found = _stack_folder(_mapping(file), folder).glob(f"Pulumi.*{file.suffix}")
    return sorted(each.name.removeprefix("Pulumi.").removesuffix(file.suffix) for each in found)


def _project_file(folder: Path) -> Path:
    for ending in ("yaml", "yml", "json"):
        if (file := folder / f"Pulumi.{ending}").is_file():
            return file
    raise ProjectError(f"{folder}: no Pulumi.yaml here; give the folder of a Pulumi program")


def _stack_folder(project: Mapping[str, Any], folder: Path) -> Path:
    return folder / str(project.get("stackConfigDir") or "")


def of_function(program: Callable[[], None], name: str, config: Mapping[str, str]) -> Project:
    """A project whose program is a function."""
    code = getattr(program, "__code__", None)
    root = Path(code.co_filename).parent if code else Path.cwd()
    return Project(name, root, program, {full_key(key, name): value for key, value in config.items()})


def _main(file: Path, main: str) -> Path:
    """The file to run. As in the engine, `main` is a folder with a __main__.py, or a file."""
    target = (file.parent / main).resolve()
    if not target.is_relative_to(file.parent):
        raise ProjectError(f"{file}: main is {main!r}; it has to be inside the project's folder")
    if target.is_dir():
        target = target / "__main__.py"
    if not target.is_file():
        raise ProjectError(f"{target}: there is no such file; a Python program starts there")
    return target


def _config(of: Mapping[str, Any], file: Path) -> Mapping[str, Any]:
    """The `config` section of a project's or a stack's file."""
    found = of.get("config") or {}
    if not isinstance(found, Mapping):
        raise ProjectError(f"{file}: config is no mapping of keys to values, but {type(found).__name__}")
    return found


def _project_defaults(project: Mapping[str, Any], file: Path, name: str) -> dict[str, Any]:
    """Values and defaults from Pulumi.yaml's own `config` section."""
    found = {}
    for key, declared in _config(project, file).items():
        value = declared
        if isinstance(declared, Mapping):
            value = declared.get("value", declared.get("default"))
        if value is not None:
            found[full_key(key, name)] = value
    return found


def _secret_keys(project: Mapping[str, Any], name: str) -> frozenset[str]:
    declared = project.get("config") or {}
    return frozenset(
        full_key(key, name) for key, value in declared.items() if isinstance(value, Mapping) and value.get("secret")
    )


def full_key(key: str, project: str) -> str:
    """`project:key` for a key of configuration, as the engine passes it."""
    namespace, _, rest = str(key).rpartition(":")
    return f"{namespace.removesuffix(':config') or project}:{rest}"


def _text(key: str, value: Any, file: Path) -> str:
    """A configuration value as the engine hands it to programs: text as it is, everything else as JSON."""
    if _is_encrypted(value):
        raise ProjectError(f"{file}: {key} is encrypted and cannot be read offline; give it with --config {key}=VALUE")
    try:
        return value if isinstance(value, str) else json.dumps(value)
    except TypeError as error:
        raise ProjectError(f"{file}: {key} is nothing that JSON can hold: {error}") from error


def _is_encrypted(value: Any) -> bool:
    if isinstance(value, Mapping):
        return set(value) == {"secure"} or any(_is_encrypted(item) for item in value.values())
    return isinstance(value, list) and any(_is_encrypted(item) for item in value)


def _mapping(file: Path, *, may_be_empty: bool = False) -> dict[str, Any]:
    """What the file holds. The engine takes an empty file for a stack's configuration, and for no project."""
    import yaml

    try:
        found = yaml.load(file.read_text(encoding="utf-8"), Loader=_loader())  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ProjectError(f"{file}: not valid YAML: {error}") from error
    except UnicodeDecodeError as error:
        raise ProjectError(f"{file}: is no UTF-8 text, at byte {error.start}; save it as UTF-8") from error
    except OSError as error:
        raise ProjectError(f"{file}: {error.strerror}") from error
    if found is None and may_be_empty:
        return {}
    if not isinstance(found, dict):
        raise ProjectError(f"{file}: a mapping is expected, found {type(found).__name__}")
    return found


def decode_yaml(text: str) -> list[dict[str, Any]]:
    """The documents in a text, as the Kubernetes provider decodes manifests; empty ones are left out."""
    import yaml

    return [document for document in yaml.load_all(text, Loader=_loader()) if document]


def _loader() -> Any:
    """A SafeLoader that leaves dates as text, as JSON would."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way
            first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return Loader


@contextmanager
def surroundings(project: Project) -> Iterator[None]:
    """Working directory, sys.path, sys.argv and modules as the engine has them; all put back afterwards."""
    before = (Path.cwd(), list(sys.path), list(sys.argv), set(sys.modules))
    variable = "PULUMI_ERROR_OUTPUT_STRING"  # an Output in an f-string is an error, not a sentence in some file
    strings = os.environ.get(variable)
    os.environ.setdefault(variable, "1")
    try:
        if project.directory:
            os.chdir(project.directory)
            sys.path.insert(0, str(project.directory))
            sys.argv[:] = [str(project.directory)]
        yield
    finally:
        os.chdir(before[0])
        sys.path[:], sys.argv[:] = before[1], before[2]
        if strings is None:
            os.environ.pop(variable, None)
        if project.directory:
            for name in set(sys.modules) - before[3]:
                if is_own_file(getattr(sys.modules[name], "__file__", None), project.root):
                    del sys.modules[name]


def is_own_file(file: str | None, root: Path) -> bool:
    """Whether the file belongs to the program: inside its folder, and not in a virtual environment there."""
    if not file:
        return False
    path = Path(file)
    return path.is_absolute() and path.is_relative_to(root) and "site-packages" not in path.parts

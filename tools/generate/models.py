"""The models of the arguments, their fields and what their docstrings say."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

import pulumi_sidecar.args
from pulumi_sidecar.args.authority import CertificateAuthorityArgs
from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.injection import SidecarInjectionArgs
from pulumi_sidecar.inputs import FromPulumi


@dataclass(frozen=True)
class Field:
    """An argument."""

    name: str
    annotation: Any
    """Its type, with what pydantic keeps apart from it."""
    required: bool
    doc: str
    """Its docstring, and its default where that does not say it."""


def modules() -> list[ModuleType]:
    """The modules that hold models."""
    names = [each.name for each in pkgutil.iter_modules(pulumi_sidecar.args.__path__) if not each.ispkg]
    found = [import_module(f"pulumi_sidecar.args.{name}") for name in names]
    return [module for module in found if models(module)]


def models(module: ModuleType) -> list[type[Args]]:
    """The models of a module that a user can give, in its order; not those that only hold what others share."""
    here = [value for value in vars(module).values() if is_model(value) and value.__module__ == module.__name__]
    return [model for model in here if model in reached()]


@lru_cache
def reached() -> frozenset[Any]:
    """The models that stand for something in the arguments of a component."""
    found: set[Any] = set()
    waiting: list[Any] = [SidecarDeploymentArgs, CertificateAuthorityArgs, SidecarInjectionArgs]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            waiting += [each for hint in get_type_hints(model, include_extras=True).values() for each in below(hint)]
    return frozenset(found)


def below(annotation: Any) -> list[Any]:
    """The models within a type."""
    inner = bare(annotation)
    return [inner] if is_model(inner) else [each for part in get_args(inner) for each in below(part)]


def is_model(value: Any) -> bool:
    """Whether it is a model (and not, say, a list of them)."""
    return isinstance(value, type) and issubclass(value, BaseModel)


def name_of(module: ModuleType | type) -> str:
    """The last part of a module's name, or of a model's module."""
    full = module.__name__ if isinstance(module, ModuleType) else module.__module__
    return full.rsplit(".", 1)[-1]


def fields_of(model: type[Args]) -> list[Field]:
    """Every field, those of its base first."""
    hints, docs = get_type_hints(model, include_extras=True), field_docs(model)
    result = []
    for name, field in model.model_fields.items():
        doc = docs.get(name, "")
        if name == "kind":
            doc = doc_of(model).split("\n\n")[0]  # to choose a kind is to choose the model
        elif not doc:
            raise LookupError(f"{model.__name__}.{name} has no docstring: say what it means, its unit, its default")
        elif (said := default_of(field.default)) and not field.is_required() and "default" not in doc.lower():
            doc += f" Default: {said}."
        result.append(Field(name, hints[name], field.is_required(), doc))
    return result


def default_of(value: Any) -> str:
    """A default as one would write it, or "" where that says nothing."""
    if isinstance(value, BaseModel):
        written = value.model_dump(exclude_unset=True, exclude_none=True)
        return repr(written).replace("'", '"') if written else ""
    if value is None or value in ((), {}, ""):
        return ""
    return f'"{value}"' if isinstance(value, str) else repr(value)


@lru_cache
def _docs_of_module(module: str) -> dict[str, dict[str, str]]:
    tree = ast.parse(inspect.getsource(import_module(module)))
    return {node.name: dict(docs_within(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def docs_within(node: ast.ClassDef) -> list[tuple[str, str]]:
    """The names that a class annotates and has a docstring for."""
    found = []
    for field, after in zip(node.body, node.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        value = after.value if isinstance(after, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found.append((field.target.id, inspect.cleandoc(value.value)))
    return found


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """The docstrings below a model's fields, inherited ones too."""
    result: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if is_model(base) and issubclass(base, Args):
            result |= _docs_of_module(base.__module__).get(base.__name__, {})
    return result


def doc_of(model: type[Args]) -> str:
    """What a model's docstring says."""
    return inspect.cleandoc(model.__doc__ or "")


# --- types ------------------------------------------------------------------------------------------------------------


def kind_of(model: type[Args]) -> str:
    """What `kind` is in a model of a tagged union."""
    return str(get_args(model.model_fields["kind"].annotation)[0])


def bare(annotation: Any) -> Any:
    """The type without what is annotated to it."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def members(annotation: Any) -> list[Any]:
    """The alternatives of a type, None last; Value[T] is one of them."""
    inner = bare(annotation)
    if is_late(annotation) or get_origin(inner) not in (Union, UnionType):
        return [annotation]
    found = [each for part in get_args(inner) for each in members(part)]
    return sorted(found, key=lambda each: each is NoneType)


def is_late(annotation: Any) -> bool:
    """Whether it is Value[T]: a T, an Output of it, or an awaitable."""
    return get_origin(annotation) is Annotated and any(isinstance(mark, FromPulumi) for mark in annotation.__metadata__)


def late_type(annotation: Any) -> Any:
    """The T of Value[T], also where it has alternatives of its own: those are then beside the Output."""
    return get_args(get_args(bare(annotation))[-1])[0]

"""From what the user wrote to checked arguments, or to one error that names every problem by its property path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pulumi
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pulumi_sidecar.args.location import Location, bare_type, is_sensitive, item_type, kinds_of, members
from pulumi_sidecar.errors import NOT_SHOWN, ArgumentsError, Problem, did_you_mean
from pulumi_sidecar.inputs import LATE_CHECK, LateCheck, is_late

Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], raw: Model | Mapping[str, Any], subject: str, path: str = "") -> Model:
    """`raw` as a checked `model`; `path` is where it stands in the arguments.

    Values are checked now; Outputs when they resolve, with the same kind of error. Raises ArgumentsError, whose text
    begins with `subject`.
    """
    if not isinstance(raw, model | Mapping):
        given = "an Output" if _is_late(raw) else f"a {type(raw).__name__}"
        reason = f"must be a dict or {model.__name__}, and is {given}"
        raise ArgumentsError(subject, [Problem(path or "args", reason, "Outputs may stand for single values inside.")])
    try:
        marked = _late_kinds_marked(raw, model) if _holds_late(raw) else raw
        args = raw if isinstance(raw, model) else model.model_validate(marked)
    except ValidationError as error:
        raise ArgumentsError(subject, problems(error, model, path)) from None
    if _holds_late(args):
        _tell_late_checks(args, model, path, False, subject)
    return args


def problems(error: ValidationError, root: Any, prefix: str = "", hidden: bool = False) -> list[Problem]:
    """Pydantic's error in our words. `root` is the type that was validated, `prefix` its property path."""
    found: list[tuple[ErrorDetails, Problem]] = []
    for detail in error.errors(include_url=False):
        location = Location(root, prefix, hidden)
        for step in detail["loc"]:
            location.enter(step)
        found.append((detail, _problem(detail, location)))
    return _without_alternatives(found)


def _without_alternatives(found: list[tuple[ErrorDetails, Problem]]) -> list[Problem]:
    """One problem for one value: pydantic reports each alternative of a union by itself."""
    kept: dict[object, Problem] = {}
    for detail, problem in found:
        path = problem.path
        if detail["type"] in _OF_THE_WHOLE and any(
            other.path.startswith((f"{path}.", f"{path}[")) for _, other in found
        ):
            continue  # another alternative was meant: the value has what is wrong within it
        place = (path, detail["loc"][-1:] == ("[key]",))
        first = kept.get(place)
        if first is None:
            if problem not in kept.values():  # a name and its value may be wrong in the same way
                kept[place] = problem
        elif problem.remedy not in first.remedy:
            kept[place] = replace(first, remedy=f"{first.remedy} Or: {_decapitalise(problem.remedy)}")
    return list(kept.values())


# --- words ------------------------------------------------------------------------------------------------------------

_WORDS: dict[str, tuple[str, str]] = {
    "string_type": ("must be a string", "Put it in quotes."),
    "int_type": ("must be a whole number", "Give a whole number."),
    "int_parsing": ("must be a whole number", "Give a whole number."),
    "int_from_float": ("must be a whole number", "Give a number without a fraction."),
    "bool_type": ("must be True or False", "Give True or False."),
    "bool_parsing": ("must be True or False", "Give True or False."),
    "dict_type": ("must be a dict", "Give names and values."),
    "tuple_type": ("must be a list", "Give a list, also for a single value."),
    "list_type": ("must be a list", "Give a list, also for a single value."),
    "model_type": ("must be a dict or the model of that name", "Give a dict with the names the documentation lists."),
    "model_attributes_type": ("must be a dict or the model of that name", "Give a dict."),
    "none_required": ("must be left out", "Leave it out."),
}

_OF_THE_WHOLE = {"literal_error", *_WORDS}
"""What is said of a value as a whole, by an alternative that it does not even resemble."""


def _problem(detail: ErrorDetails, location: Location) -> Problem:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    shown = NOT_SHOWN if location.hidden else value
    if kind == "refused":
        return Problem(location.path or "args", context["reason"], context["remedy"], shown)
    if kind == "missing":
        return Problem(location.path, "is missing", "It has no default.")
    if kind == "extra_forbidden":
        name = str(detail["loc"][-1])
        return Problem(location.path, "is not an argument", did_you_mean(name, location.names))
    if _is_late(value):
        return _late_shape(location.path)
    if value is None:
        return Problem(location.path or "args", "is None", "Give a value, or leave it out.")
    if isinstance(value, pulumi.Resource):
        remedy = "Give the value that is meant, such as its name: metadata.name of a Kubernetes object."
        return Problem(location.path or "args", f"is a resource ({type(value).__name__})", remedy)
    if kind == "union_tag_not_found" and not isinstance(value, Mapping | BaseModel):
        kind = "model_type"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        if isinstance(value, Mapping) and _is_late(value.get("kind")):
            return _late_shape(f"{location.path}.kind")
        expected = str(context.get("expected_tags") or _kinds(location.types))
        reason = 'has no "kind"' if kind == "union_tag_not_found" else 'has a "kind" that is not known'
        return Problem(f"{location.path}.kind", reason, f"One of {expected}.", context.get("tag", NOT_SHOWN))
    if kind == "literal_error":
        return Problem(location.path, "is none of the values known here", f"One of {context['expected']}.", shown)
    reason, remedy = _WORDS.get(kind, (_decapitalise(detail["msg"]), "See the documentation of this argument."))
    return Problem(location.path or "args", reason, remedy, shown)


def _late_shape(path: str) -> Problem:
    reason = "is an Output, but decides the shape of the pod, so it must be known at plan time"
    return Problem(path, reason, "Give a plain value, for example from pulumi.Config().")


def _kinds(annotations: list[Any]) -> str:
    return ", ".join(sorted(repr(tag) for annotation in annotations for tag in kinds_of(annotation)))


def _decapitalise(text: str) -> str:
    return text[:1].lower() + text[1:]


# --- Outputs ----------------------------------------------------------------------------------------------------------


class _Late:
    """Stands for an Output where a model of a tagged union is needed, or its `kind`.

    Pydantic would ask the Output for its attribute `kind`. An Output has every attribute: that one fails later, on its
    own, in place of our error.
    """


_PLAIN = (str, int, float, type(None))


def _is_late(value: object) -> bool:
    return isinstance(value, _Late) or is_late(value)


def _holds_late(value: Any) -> bool:
    """Whether there is an Output inside: most arguments hold none, and then there is nothing to do for them."""
    if isinstance(value, _PLAIN):
        return False
    if isinstance(value, BaseModel):  # a default is never one
        return any(_holds_late(getattr(value, name)) for name in value.model_fields_set)
    if isinstance(value, Mapping):
        return any(_holds_late(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_late(item) for item in value)
    return _is_late(value)


def _late_kinds_marked(raw: Any, annotation: Any) -> Any:
    """`raw` with _Late for each Output that would be asked for its kind, or is one."""
    bare = [bare_type(member) for member in members(annotation)]
    models = [member for member in bare if isinstance(member, type) and issubclass(member, BaseModel)]
    tagged = any(kinds_of(model) for model in models)
    if _is_late(raw):
        return _Late() if tagged else raw
    if annotation is Any:  # nothing we know: pydantic will say so
        return raw
    if isinstance(raw, Mapping):
        kind = raw.get("kind") if tagged else None
        chosen = [model for model in models if isinstance(kind, str) and kind in kinds_of(model)] or models
        types = {name: field.annotation for model in reversed(chosen) for name, field in model.model_fields.items()}
        marked = {
            name: _late_kinds_marked(item, types.get(name, item_type(annotation, -1))) for name, item in raw.items()
        }
        return {**marked, "kind": _Late()} if _is_late(kind) else marked
    if isinstance(raw, list | tuple):
        return [_late_kinds_marked(item, item_type(annotation, 0)) for item in raw]
    return raw


def _tell_late_checks(value: Any, annotation: Any, path: str, hidden: bool, subject: str) -> None:
    """Give every Output inside `value` its property path, for the error that it may raise when it resolves."""
    if isinstance(value, pulumi.Output):
        check = getattr(value, LATE_CHECK, None)
        if isinstance(check, LateCheck):
            check.tell(
                lambda error, secret: ArgumentsError(subject, problems(error, annotation, path, hidden or secret))
            )
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            if name not in value.model_fields_set:
                continue  # a default is never an Output
            inner = f"{path}.{name}" if path else name
            _tell_late_checks(getattr(value, name), field.annotation, inner, hidden or is_sensitive(field), subject)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _tell_late_checks(item, item_type(annotation, -1), f'{path}["{key}"]', hidden, subject)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            _tell_late_checks(item, item_type(annotation, 0), f"{path}[{index}]", hidden, subject)

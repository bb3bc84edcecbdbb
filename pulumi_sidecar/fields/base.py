"""What the constrained values are made of: the error, and checks that several of them use."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError


def refuse(reason: str, remedy: str) -> PydanticCustomError:
    """The error that a validator raises: what is wrong with the value, and what to write in its place."""
    return PydanticCustomError("refused", "{reason}", {"reason": reason, "remedy": remedy})


def pattern(expression: str, reason: str, remedy: str, longest: int | None = None) -> AfterValidator:
    """A check that the whole of a text matches `expression` and has at most `longest` characters."""
    compiled = re.compile(expression)

    def check(value: str) -> str:
        if longest is not None and len(value) > longest:
            raise refuse(f"is {len(value)} characters long, and {longest} are allowed", "Shorten it.")
        if not compiled.fullmatch(value):
            raise refuse(reason, remedy)
        return value

    return AfterValidator(check)


def fitting(kind: Any) -> Callable[[object], bool]:
    """A check whether a value fits a type. Its validator is made when the first value comes."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind, config=ConfigDict(defer_build=True))

    def fits(value: object) -> bool:
        try:
            adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    return fits


def no_bool(value: Any) -> Any:
    """Refuses True and False, which Python counts as 1 and 0."""
    if isinstance(value, bool):
        raise refuse("is a boolean, and a number is needed", "Give the number itself.")
    return value


def between(low: int, high: int, what: str) -> AfterValidator:
    """A check that a number lies within [low, high]; `what` begins the message."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise refuse(f"{what} is from {low} to {high}", "Choose one within that range.")
        return value

    return AfterValidator(check)

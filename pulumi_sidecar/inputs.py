"""Fields that take a value, an Output of it or an awaitable of it, as pulumi.Input[T]."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import pulumi
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

T = TypeVar("T")


Report = Callable[[ValidationError, bool], Exception]
"""Turns pydantic's error into ours. Its second argument tells whether the value is a secret."""


class LateCheck:
    """Validates what an Output resolves to.

    An error is raised only once args.parse has told how to report it. Arguments that are never told, since something
    else is wrong with them, go nowhere: an error here would take the place of the one about that, and pydantic's own
    shows the value.
    """

    def __init__(self, source: pulumi.Output[Any], validator: SchemaValidator) -> None:
        self._source = source
        self._validator = validator
        self._report: Report | None = None
        self._failed: tuple[ValidationError, bool] | None = None

    def __call__(self, value: Any) -> Any:
        try:
            return self._validator.validate_python(value)
        except ValidationError as error:
            return self._fail(error, value)  # awaited by Output.apply

    async def _fail(self, error: ValidationError, value: Any) -> Any:
        secret = await self._source.is_secret()
        if self._report is not None:
            raise self._report(error, secret)
        self._failed = error, secret
        return value

    def tell(self, report: Report) -> None:
        """From now on errors are raised, and one that was found already is raised here."""
        self._report = report
        if self._failed is not None:
            raise report(*self._failed)


LATE_CHECK = "_pulumi_sidecar_late_check"
"""The attribute of a validated Output that holds its LateCheck."""

_NOT_PLAIN = (pulumi.Output, get_origin(Awaitable[int]))


def is_late(value: object) -> bool:
    """Whether it is known later only: an Output or an awaitable."""
    return isinstance(value, pulumi.Output) or inspect.isawaitable(value)


class FromPulumi:
    """Marks a field that takes T, an Output of T or an awaitable of T.

    A plain value is validated at once; an Output through apply when it resolves, so that it stays secret if it was, and
    is left alone in a preview where it is unknown.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        plain = tuple(member for member in get_args(source) if get_origin(member) not in _NOT_PLAIN)
        inner = handler.generate_schema(Union[plain])  # noqa: UP007 (a tuple of members has no other spelling)
        late: list[SchemaValidator] = []  # made for the first Output: most fields never see one

        def validate(value: Any, now: core_schema.ValidatorFunctionWrapHandler) -> Any:
            if not is_late(value):
                return now(value)
            if not late:
                late.append(SchemaValidator(inner))
            output = pulumi.Output.from_input(value)
            check = LateCheck(output, late[0])
            checked = output.apply(check)
            setattr(checked, LATE_CHECK, check)
            return checked

        return core_schema.no_info_wrap_validator_function(validate, inner)


Value = Annotated[T | pulumi.Output[T] | Awaitable[T], FromPulumi()]
"""Value[T]: a T, an Output[T] or an awaitable of T."""

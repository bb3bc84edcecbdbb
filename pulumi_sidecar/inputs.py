"""Fields that take a value, an Output of it or an awaitable of it, as pulumi.Input[T]."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import pulumi
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

T = TypeVar("T")


class LateCheck:
    """Validates what an Output resolves to.

    `report` turns pydantic's error into ours; args.parse sets it as soon as the property path is known, which is before
    any Output can resolve. Its second argument tells whether the value is a secret.
    """

    def __init__(self, source: pulumi.Output[Any], validator: SchemaValidator) -> None:
        self._source = source
        self._validator = validator
        self.report: Callable[[ValidationError, bool], Exception] = lambda error, _secret: error

    def __call__(self, value: Any) -> Any:
        try:
            return self._validator.validate_python(value)
        except ValidationError as error:
            return self._fail(error)  # awaited by Output.apply

    async def _fail(self, error: ValidationError) -> Any:
        raise self.report(error, await self._source.is_secret())


LATE_CHECK = "_pulumi_sidecar_late_check"
"""The attribute of a validated Output that holds its LateCheck."""

_NOT_PLAIN = (pulumi.Output, get_origin(Awaitable[int]))


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
            if not isinstance(value, pulumi.Output) and not inspect.isawaitable(value):
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

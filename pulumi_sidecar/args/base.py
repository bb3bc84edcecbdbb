"""What every model of arguments has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from pulumi_sidecar.args.parse import problems
from pulumi_sidecar.errors import ArgumentsError
from pulumi_sidecar.fields import LabelKey, LabelValue
from pulumi_sidecar.inputs import Value

Labels = dict[LabelKey, Value[LabelValue]]
"""Labels by key."""
Annotations = dict[LabelKey, Value[str]]
"""Annotations by key."""

if TYPE_CHECKING:
    # Type checkers look at a model's fields; a metaclass that calls would hide them. (pydantic does not name its own.)
    from pydantic._internal._model_construction import ModelMetaclass as _OurErrors
else:

    class _OurErrors(type(BaseModel)):
        """Makes a model that users construct raise ArgumentsError. Models within models are made by pydantic."""

        def __call__(cls, *args, **kwargs):
            if not args and not kwargs and not any(field.is_required() for field in cls.model_fields.values()):
                return cls.model_construct()  # a default: it needs no validator, and importing none either
            try:
                return super().__call__(*args, **kwargs)
            except ValidationError as error:
                raise ArgumentsError(cls.__name__, problems(error, cls)) from None


class Args(BaseModel, metaclass=_OurErrors):
    """Frozen and closed: an unknown name is an error, and a value in a message is never pydantic's to print."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

"""What every model of arguments has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Args(BaseModel):
    """Frozen and closed: an unknown name is an error, and a value in a message is never pydantic's to print."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

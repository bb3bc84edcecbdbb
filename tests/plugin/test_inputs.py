"""What the plugin makes of every argument is what Python programs give."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_sidecar import CertificateAuthorityArgs, SidecarDeploymentArgs
from pulumi_sidecar.plugin.inputs import dict_form
from pulumi_sidecar.plugin.spelling import _names, camel
from tests.support.argument_table import Argument, arguments_of, sample_for

EVERY = [*arguments_of(SidecarDeploymentArgs), *arguments_of(CertificateAuthorityArgs)]
SIMPLE = [each for each in EVERY if not each.whole and each.steps[-1] != ("field", "kind")]


def as_sent(value: Any) -> Any:
    """The dict form with other languages' names."""
    if isinstance(value, dict):
        return {camel(key) if key in _names()[0] else key: as_sent(item) for key, item in value.items()}
    return [as_sent(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("argument", SIMPLE, ids=lambda argument: str(argument.id))
def test_every_argument_arrives(argument: Argument) -> None:
    good = sample_for(argument.annotation, argument.id).good
    written = argument.arguments("made in the program" if callable(good) else good)
    assert dict_form(as_sent(written), argument.model) == written

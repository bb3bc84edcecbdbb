"""The command line. Exit codes are in commands/program.py."""

from __future__ import annotations

import os
from importlib.util import find_spec

if not all(find_spec(name) for name in ("click", "yaml", "cryptography")):
    raise SystemExit('pulumi-sidecar: packages are missing; run: pip install "pulumi-sidecar[offline]"')

import click

from pulumi_sidecar.commands.check import check
from pulumi_sidecar.commands.explain import explain
from pulumi_sidecar.commands.graph import graph
from pulumi_sidecar.commands.inject import inject
from pulumi_sidecar.commands.render import render
from pulumi_sidecar.commands.serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pulumi-sidecar")
@click.pass_context
def main(context: click.Context) -> None:
    """Work with Pulumi programs for Kubernetes without engine or cluster."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org; click itself does not look
        context.color = False


main.add_command(render)
main.add_command(check)
main.add_command(serve)
main.add_command(graph)
main.add_command(explain)
main.add_command(inject)

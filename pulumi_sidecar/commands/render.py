"""`pulumi-sidecar render DIR`: the program's Kubernetes objects as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from pulumi_sidecar import manifests
from pulumi_sidecar.commands.files import write
from pulumi_sidecar.commands.program import Program, program_options


@click.command()
@program_options
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write there.")
@click.option(
    "--secrets",
    type=click.Choice(["redact", "include"]),
    default="redact",
    show_default=True,
    help="Whether secret values are written; FILE is readable by you only if they are.",
)
def render(program: Program, output: Path | None, secrets: str) -> None:
    """Print the Kubernetes objects of the Pulumi program in DIR as YAML.

    Keys and certificates are made anew on each run. Exits with 1 when the program fails, with 3 when something can
    only be evaluated by the engine (a Helm chart, another stack's outputs); nothing is written then.

    \b
    Examples:
      pulumi-sidecar render .
      pulumi-sidecar render . --stack prod --config dbPassword=x -o prod.yaml
      pulumi-sidecar render . --secrets include | kubectl apply -f -
    """
    mode = cast(manifests.SecretsMode, secrets)
    text = manifests.to_yaml(program.run().manifests(), secrets=mode)
    if output:
        write(output, text, private=mode == "include")
    else:
        click.echo(text, nl=False)
    _note(text, mode)


def _note(text: str, secrets: manifests.SecretsMode) -> None:
    if not text:
        click.echo("note: the program declares no Kubernetes objects", err=True)
    elif secrets == "include":
        click.echo("note: secret values are included in clear text", err=True)
    elif manifests.REDACTED in text or manifests.REDACTED_BASE64 in text:
        click.echo("note: secret values are redacted; --secrets include writes them", err=True)

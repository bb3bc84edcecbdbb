"""`pulumi-sidecar render DIR`: the program's Kubernetes objects as YAML."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import cast

import click

from pulumi_sidecar import manifests
from pulumi_sidecar.commands.program import USAGE, Program, fail, program_options


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
        _write(output, text, private=mode == "include")
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


def _write(file: Path, text: str, *, private: bool) -> None:
    """Replace the file as a whole, or leave it as it was. A private one is readable by its owner only.

    A link goes on leading to the file. What is no file (/dev/null, /dev/stdout, a pipe) is written to, not replaced.
    """
    try:
        if file.exists() and not file.is_file():
            file.write_text(text, encoding="utf-8")
            return
        file = file.resolve()
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        fail(f"{file}: {error.strerror}", USAGE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        if not private:
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

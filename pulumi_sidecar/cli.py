"""The command line. Exit codes: 0 done, 1 the program failed, 2 wrong usage, 3 the engine would be needed."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn, cast

if not all(find_spec(name) for name in ("click", "yaml", "cryptography")):
    raise SystemExit('pulumi-sidecar: packages are missing; run: pip install "pulumi-sidecar[offline]"')

import click

from pulumi_sidecar import manifests, offline
from pulumi_sidecar._project import is_own_file

FAILED, USAGE, NEEDS_ENGINE = 1, 2, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pulumi-sidecar")
def main() -> None:
    """Work with Pulumi programs for Kubernetes without engine or cluster."""


def _pairs(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE arguments as a dict."""
    for value in values:
        if not value.partition("=")[0] or "=" not in value:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE")
    return {key: text for key, _, text in (value.partition("=") for value in values)}


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write there.")
@click.option(
    "--secrets",
    type=click.Choice(["redact", "include"]),
    default="redact",
    show_default=True,
    help="Whether secret values are written; FILE is readable by you only if they are.",
)
@click.option("-n", "--namespace", metavar="NS", help="Where objects go that name no namespace.")
@click.option("-s", "--stack", metavar="NAME", default="offline", show_default=True, help="Reads Pulumi.NAME.yaml.")
@click.option("-c", "--config", metavar="KEY=VALUE", multiple=True, callback=_pairs, help="Set configuration; repeats.")
@click.option("--debug", is_flag=True, help="Show the whole traceback when the program fails.")
def render(
    folder: Path,
    output: Path | None,
    secrets: str,
    namespace: str | None,
    stack: str,
    config: dict[str, str],
    debug: bool,
) -> None:
    """Print the Kubernetes objects of the Pulumi program in DIR as YAML.

    Keys and certificates are made anew on each run. Exits with 1 when the program fails, with 3 when something can
    only be evaluated by the engine (a Helm chart, another stack's outputs); nothing is written then.

    \b
    Examples:
      pulumi-sidecar render .
      pulumi-sidecar render . --stack prod --config dbPassword=x -o prod.yaml
      pulumi-sidecar render . --secrets include | kubectl apply -f -
    """
    try:
        # What the program prints is no YAML.
        with contextlib.redirect_stdout(sys.stderr):
            run = offline.run(folder, stack=stack, config=config, namespace=namespace)
    except offline.ProjectError as error:
        _fail(str(error), USAGE)
    except offline.ProgramError as error:
        click.echo(_failure(error, folder.resolve(), debug=debug), err=True)
        if error.remote:
            _fail(_needs_engine(error.remote), NEEDS_ENGINE)
        sys.exit(FAILED)
    if run.remote:
        _fail(_needs_engine(run.remote), NEEDS_ENGINE)
    mode = cast(manifests.SecretsMode, secrets)
    text = manifests.to_yaml(run.manifests(), secrets=mode)
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


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(code)


def _failure(error: offline.ProgramError, folder: Path, *, debug: bool) -> str:
    """The program's own error, with the lines of its own files that led there."""
    cause = error.__cause__ or error
    if debug:
        return "".join(traceback.format_exception(cause)).rstrip()
    frames = [frame for frame in traceback.extract_tb(cause.__traceback__) if is_own_file(frame.filename, folder)]
    # Straight out of the program's folder, most recent call last, as Python itself would print it.
    head = ["Traceback (most recent call last):\n", *traceback.format_list(frames)] if frames else []
    return "".join([*head, *traceback.format_exception_only(cause), "error: the program failed"])


def _needs_engine(remote: list[offline.Unevaluated]) -> str:
    lines = [f"  {each.type} {each.name!r}: {each.reason}" for each in remote]
    return "\n".join(["this cannot be evaluated without the Pulumi engine:", *lines])


def _write(file: Path, text: str, *, private: bool) -> None:
    """Replace the file as a whole, or leave it as it was. A private one is readable by its owner only."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        _fail(f"{file}: {error.strerror}", USAGE)
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

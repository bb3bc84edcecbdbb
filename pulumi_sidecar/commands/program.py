"""What every command does first: run the Pulumi program in a folder, and say what went wrong with it."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from pulumi_sidecar import offline
from pulumi_sidecar.errors import did_you_mean
from pulumi_sidecar.runtime.project import configured_stacks, is_own_file, stack_name

FAILED, USAGE, NEEDS_ENGINE, REFUSED, NO_SERVER = 1, 2, 3, 4, 5
"""Exit codes: the program failed, wrong usage, only the engine can tell, a configuration is refused, no server here."""


@dataclass(frozen=True)
class Program:
    """A folder with a Pulumi program, and how to run it."""

    folder: Path
    namespace: str | None
    stack: str
    config: dict[str, str]
    debug: bool

    def run(self, keep: offline.Keeper | None = None, *, whole: bool = True) -> offline.Run:
        """What the program declares. Ends this process with the right exit code when that cannot be told.

        What only the engine can tell ends it too; unless `whole` is False, then it is named and left out.
        """
        try:
            # What the program prints is no output of ours.
            with contextlib.redirect_stdout(sys.stderr):
                run = offline.run(
                    self.folder, stack=self.stack, config=self.config, namespace=self.namespace, keep=keep
                )
        except offline.ProjectError as error:
            fail(str(error), USAGE)
        except offline.ProgramError as error:
            click.echo(_failure(error, self.folder.resolve(), debug=self.debug), err=True)
            if error.remote:
                fail(_needs_engine(error.remote), NEEDS_ENGINE)
            sys.exit(FAILED)
        if run.remote and whole:
            fail(_needs_engine(run.remote), NEEDS_ENGINE)
        if run.remote:
            click.echo(f"note: left out: {_needs_engine(run.remote)}", err=True)
        return run


def _note_a_stack_without_configuration(folder: Path, stack: str) -> None:
    """One that the user named, where others have a file: more often than not a typing error."""
    try:
        stacks = configured_stacks(folder)
    except offline.ProjectError:
        return  # running the program says so
    name = stack_name(stack)
    if stacks and name not in stacks:
        nearest = did_you_mean(name, stacks)
        click.echo(f"note: the stack {name} has no configuration file here. {nearest}".rstrip(), err=True)


def program_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds DIR and the options of Program to a command, which gets a Program as its first argument."""

    def with_program(
        folder: Path, namespace: str | None, stack: str, config: dict[str, str], debug: bool, **rest: Any
    ) -> None:
        source = click.get_current_context().get_parameter_source("stack")
        if source is not ParameterSource.DEFAULT:
            _note_a_stack_without_configuration(folder, stack)
        command(Program(folder, namespace, stack, config, debug), **rest)

    with_program.__doc__, with_program.__name__ = command.__doc__, command.__name__
    # Options that the command declared itself stay in front.
    with_program.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    for add in (
        click.option("--debug", is_flag=True, help="Show the whole traceback when the program fails."),
        click.option(
            "-c", "--config", metavar="KEY=VALUE", multiple=True, callback=_pairs, help="Set configuration; repeats."
        ),
        click.option(
            "-s",
            "--stack",
            metavar="NAME",
            default="offline",
            show_default=True,
            callback=_stack,
            help="Reads Pulumi.NAME.yaml; ORG/NAME and ORG/PROJECT/NAME are the same.",
        ),
        click.option("-n", "--namespace", metavar="NS", help="Where objects go that name no namespace."),
        click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)),
    ):
        with_program = add(with_program)
    return with_program


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong and end."""
    click.echo(f"error: {message}", err=True)
    sys.exit(code)


def _stack(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """A stack as the Pulumi CLI takes it: its name, or ORGANIZATION/PROJECT/STACK."""
    if not stack_name(value):
        raise click.BadParameter(f"{value!r} is no name of a stack")
    return value


def _pairs(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE arguments as a dict."""
    for value in values:
        if not value.partition("=")[0] or "=" not in value:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE")
    return {key: text for key, _, text in (value.partition("=") for value in values)}


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

"""`pulumi-sidecar serve DIR`: the program's proxy on this machine, in front of an app that is here, too."""

from __future__ import annotations

import signal
import sys
import time
from typing import NoReturn

import click

from pulumi_sidecar import processes, servers
from pulumi_sidecar.commands import refused
from pulumi_sidecar.commands.program import FAILED, NO_SERVER, REFUSED, USAGE, Program, fail, program_options
from pulumi_sidecar.proxies import LocalError
from pulumi_sidecar.runtime.project import stack_name
from pulumi_sidecar.serving import app, log, session
from pulumi_sidecar.serving.banner import banner
from pulumi_sidecar.serving.kept import Kept, KeptError
from pulumi_sidecar.serving.watch import Watch

_POLL_SECONDS = 0.1
_WATCH_EVERY = 5
"""Polls of the logs for each look at the program's files."""

_PROBLEMS = (LocalError, servers.MissingServerError, app.AppError)


@click.command()
@program_options
@click.option(
    "--component",
    metavar="NAME",
    help="Which proxy, where there are several: its name, NAMESPACE/NAME, or the component's name in the program.",
)
@click.option(
    "--app",
    "place",
    metavar="PORT|SOCKET",
    help="Where the app is on this machine; by default where the program has it.",
)
@click.option(
    "--run", "command", metavar="COMMAND", help="Start the app with this; {port} and {socket} are where it listens."
)
@click.option("--port", type=click.IntRange(1, 65535), help="Listen here; by default the container's port.")
@click.option(
    "--log",
    "form",
    type=click.Choice(["pretty", "raw", "off"]),
    default="pretty",
    show_default=True,
    help="The access log on standard output.",
)
@click.option("--watch/--no-watch", default=True, show_default=True, help="Follow changes of the program.")
@click.option("--forget", is_flag=True, help="Remove the keys and certificates of earlier runs, and end.")
def serve(
    program: Program,
    component: str | None,
    place: str | None,
    command: str | None,
    port: int | None,
    form: str,
    watch: bool,
    forget: bool,
) -> None:
    """Run the proxy of the Pulumi program in DIR on this machine, at 127.0.0.1, until Ctrl-C.

    The configuration is the one that the pod gets; the app is one that runs already, or is started with --run. A
    change of the program or its configuration is followed; while the program is broken, the proxy from before runs on.
    Keys and certificates stay the same from run to run, in a folder that is closed to others. Exits with 2 when a port
    is taken or a name is not known, with 4 when the server refuses the configuration, with 5 when it is not on this
    machine, with 1 and 3 as `explain` does.

    \b
    Examples:
      pulumi-sidecar serve .
      pulumi-sidecar serve . --app 3000 --port 9000
      pulumi-sidecar serve . --run "flask run --port {port}"
      pulumi-sidecar serve . --log raw | jq .
    """
    kept = Kept(program.folder, stack_name(program.stack))
    if forget:
        was_there = kept.forget()
        click.echo(f"removed {kept.folder}" if was_there else f"nothing is kept at {kept.folder}", err=True)
        return
    try:
        wanted = session.Wanted(component, app.parse_place(place) if place else None, command, port)
        with processes.stoppable(), kept, session.Session(wanted, kept, _say, _printer(form)) as running:
            _serve(program, kept, running, watch)
    except processes.Stopped as stopped:
        click.echo(err=True)
        _say("stopped; nothing is left running")
        sys.exit(0 if stopped.exit_code == 128 + signal.SIGINT else stopped.exit_code)
    except KeptError as error:
        fail(str(error), USAGE)
    except _PROBLEMS as error:
        _end(error)


def _serve(program: Program, kept: Kept, running: session.Session, watching: bool) -> None:
    watch = Watch(program.folder)
    sys.dont_write_bytecode = True  # its times are whole seconds, and would hide a quick second change
    with watch.reading():
        run = program.run(kept, whole=False)
    served = running.prepare(run)
    kept.save()
    running.start(served)
    running.wait_for_app()
    click.echo(banner(served, kept.folder), err=True)
    turn = 0
    while True:
        running.step()
        time.sleep(_POLL_SECONDS)
        turn += 1
        if watching and turn % _WATCH_EVERY == 0 and (names := watch.changed()):
            time.sleep(_POLL_SECONDS)  # editors write more than one file
            _reload(program, kept, running, watch, names)


def _reload(program: Program, kept: Kept, running: session.Session, watch: Watch, names: list[str]) -> None:
    what = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    before = running.served
    if before is None:
        return
    try:
        with watch.reading():
            run = program.run(kept, whole=False)
        served = running.prepare(run)
        if session.is_same(before, served):
            served.done.close()
            _say(f"{what}: changed; the proxy stays as it is")
            return
        running.start(served)
        kept.save()
    except SystemExit:  # said already
        _say(f"{what}: changed, and the program fails; the proxy from before runs on")
        return
    except _PROBLEMS as error:
        _say(f"{what}: changed, but: {_text(error)}\n  the proxy from before runs on")
        return
    _say(f"{what}: changed; the proxy runs anew")
    if (served.url, served.trust) != (before.url, before.trust):
        click.echo(banner(served, kept.folder), err=True)


def _printer(form: str) -> session.OnEntry:
    if form == "raw":
        return lambda each: click.echo(each.line)
    if form == "pretty":
        return lambda each: click.echo(log.readable(each))
    return lambda _each: None


def _say(text: str) -> None:
    click.echo(f"{click.style('serve', dim=True)}  {text}", err=True)


def _text(error: Exception) -> str:
    if isinstance(error, session.RefusedError):
        return f"{error}\n{refused.with_lines(error.said, error.container)}"
    return str(error)


def _end(error: Exception) -> NoReturn:
    match error:
        case servers.MissingServerError():
            code = NO_SERVER
        case session.EndedError():
            code = FAILED
        case session.PortTakenError() | session.ComponentError() | app.AppError():
            code = USAGE
        case _:
            code = REFUSED
    fail(_text(error), code)

"""`pulumi-sidecar graph DIR`: the program's pods and what is around them, as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from pulumi_sidecar.commands.files import write
from pulumi_sidecar.commands.program import USAGE, Program, fail, program_options
from pulumi_sidecar.survey import mermaid, svg, words
from pulumi_sidecar.survey.read import read

_ENDINGS = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid"}


@click.command()
@program_options
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    help="- is stdout.",
)
@click.option("--format", "form", type=click.Choice(["svg", "mermaid"]), help="By default what FILE ends with, or svg.")
def graph(program: Program, output: Path | None, form: str | None) -> None:
    """Draw what the Pulumi program in DIR makes: clients, Services, pods, volumes and what fills them, certificates.

    Keys and certificates are made anew on each run, so the days that are left are those of a first `pulumi up`. No
    secret is in the picture. What only the engine can evaluate is named and left out; a value of that kind reads
    "(not known)". Exits with 1 when the program fails, with 3 when it fails and something needs the engine.

    \b
    Examples:
      pulumi-sidecar graph . -o pod.svg
      pulumi-sidecar graph . --format mermaid
    """
    ending = output.suffix.lower() if output else ""
    if form is None and ending and str(output) != "-" and ending not in _ENDINGS:
        fail(f"{output}: the name tells no format; let it end with .svg or .mmd, or give --format", USAGE)
    survey = read(program.run(whole=False))
    if (form or _ENDINGS.get(ending, "svg")) == "mermaid":
        text = mermaid.draw(survey)
    else:
        text = svg.draw(survey, words.headline(survey), words.summary(survey))
    if output is None or str(output) == "-":
        click.echo(text, nl=False)
    else:
        write(output, text)

"""`pulumi-sidecar explain DIR`: what the program makes, exposes and has to be renewed, in words."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pulumi_sidecar import SidecarDeployment
from pulumi_sidecar.commands.program import Program, program_options
from pulumi_sidecar.survey import words
from pulumi_sidecar.survey.defaults import defaults
from pulumi_sidecar.survey.model import Survey
from pulumi_sidecar.survey.read import read


@click.command()
@program_options
def explain(program: Program) -> None:
    """Say what the Pulumi program in DIR will make.

    What is exposed and to whom, what ends when and who renews it, where private keys lie, what happens when a pod
    stops, and which defaults hold.

    Keys and certificates are made anew on each run, so days are those of a first `pulumi up`. No secret is printed.
    What only the engine can evaluate is named and left out. Exits as `render` does.

    \b
    Examples:
      pulumi-sidecar explain .
      pulumi-sidecar explain . --stack prod
    """
    run = program.run(whole=False)
    components = {each.name: each.component for each in run.components if isinstance(each.component, SidecarDeployment)}
    click.echo("\n".join(lines(read(run), components)))


def lines(survey: Survey, components: dict[str, SidecarDeployment]) -> Iterator[str]:
    """The text, in lines."""
    if not survey.workloads:
        yield "The program has no pods."
    for each in survey.workloads:
        yield click.style(f"{each.title}", bold=True)
        for heading, text in words.sections(each):
            yield from ("", f"  {click.style(heading, fg='cyan')}", *(f"    {line}" for line in text))
        if component := components.get(each.component):
            yield from ("", f"  {click.style('Which defaults hold', fg='cyan')}")
            found = defaults(component.args)
            width = max((len(path) for path, _ in found), default=0)
            yield from (f"    {path:{width}}  {value}" for path, value in found)
        yield ""
    if others := words.others(survey):
        yield from (click.style("Also in the program", bold=True), *(f"  {line}" for line in others))

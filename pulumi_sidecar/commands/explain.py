"""`pulumi-sidecar explain DIR`: what the program makes, exposes and has to be renewed, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from pulumi_sidecar import SidecarDeployment, SidecarInjection
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.injection import SidecarInjectionArgs
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
    What only the engine can evaluate is named and left out; a value of that kind reads "(not known)". Exits with 1 when
    the program fails, with 3 when it fails and something needs the engine.

    \b
    Examples:
      pulumi-sidecar explain .
      pulumi-sidecar explain . --stack prod
    """
    run = program.run(whole=False)
    deployments = {c.urn: c.component.args for c in run.components if isinstance(c.component, SidecarDeployment)}
    injections = [(c.name, c.component.args) for c in run.components if isinstance(c.component, SidecarInjection)]
    click.echo("\n".join(lines(read(run), deployments, injections)))


def lines(
    survey: Survey,
    deployments: Mapping[str, SidecarDeploymentArgs],
    injections: Sequence[tuple[str, SidecarInjectionArgs]],
) -> Iterator[str]:
    """The text, in lines. The arguments are those of the program's components, by URN; of injections with the name."""
    if not survey.workloads:
        yield "The program has no pods."
    for each in survey.workloads:
        yield click.style(f"{each.title}", bold=True)
        for heading, text in words.sections(each):
            yield from ("", f"  {click.style(heading, fg='cyan')}", *(f"    {line}" for line in text))
        if args := deployments.get(each.parent):
            yield from _defaults(args)
        yield ""
    for name, injected in injections:
        yield click.style(f"SidecarInjection {name}", bold=True)
        yield from (*_defaults(injected), "")
    if others := words.others(survey):
        yield from (click.style("Also in the program", bold=True), *(f"  {line}" for line in others))


def _defaults(args: SidecarDeploymentArgs | SidecarInjectionArgs) -> Iterator[str]:
    yield from ("", f"  {click.style('Which defaults hold', fg='cyan')}")
    found = defaults(args)
    width = max((len(path) for path, _ in found), default=0)
    yield from (f"    {path:{width}}  {value}" for path, value in found)

"""Brings a stack up from Python, by Pulumi's Automation API, and shows what happens while it happens.

    python examples/automation/deploy.py preview|up|refresh|destroy [--stack dev] [--config key=value …]

Needs `pulumi` on the PATH. State is where `pulumi login` says, or in --backend (file:///some/folder); configuration is
kept in --settings.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

import pulumi
from pulumi import automation as auto

from pulumi_sidecar import SidecarDeployment

PROJECT = "automation"


def program() -> None:
    """The stack: an app and nginx before it."""
    config = pulumi.Config()
    web = SidecarDeployment(
        "web",
        {
            "app": {
                "image": "docker.io/library/python:3.11-slim",
                "command": ["python3", "-m", "http.server", "8080"],
                "port": 8080,
            },
            "proxy": {"kind": "nginx"},
            "replicas": config.get_int("replicas") or 1,
        },
    )
    pulumi.export("url", web.url)
    pulumi.export("ca_cert_pem", web.ca_cert_pem)


def progress(event: auto.EngineEvent) -> str | None:
    """One line for an event of the engine; None for those that tell a person nothing."""
    if begun := event.resource_pre_event:
        return _step("…", begun.metadata)
    if done := event.res_outputs_event:
        return _step("✓", done.metadata)
    if failed := event.res_op_failed_event:
        return _step("✗", failed.metadata)
    if (said := event.diagnostic_event) and said.severity in ("warning", "error"):
        return f"! {said.message.strip()}"
    if end := event.summary_event:
        changes = ", ".join(f"{count} {op}" for op, count in end.resource_changes.items())
        return f"= {changes or 'nothing to do'}"
    return None


def _step(sign: str, step: auto.StepEventMetadata) -> str | None:
    if step.op == "same" or step.type == "pulumi:pulumi:Stack":
        return None
    return f"{sign} {getattr(step.op, 'value', step.op)} {step.type} {step.urn.rpartition('::')[2]}"


def show(event: auto.EngineEvent) -> None:
    """Print the event's line, if it has one."""
    if line := progress(event):
        print(line, flush=True)


def main(arguments: list[str]) -> int:
    """Run one operation. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python examples/automation/deploy.py", description="Bring a stack up from Python."
    )
    parser.add_argument("operation", choices=["preview", "up", "refresh", "destroy"])
    parser.add_argument("--stack", default="dev")
    parser.add_argument("--backend", help="where the state is, in place of `pulumi login`: file:///some/folder")
    parser.add_argument(
        "--settings", type=Path, default=Path(".automation"), help="folder of the stacks' configuration"
    )
    parser.add_argument("--config", action="append", default=[], metavar="KEY=VALUE")
    asked = parser.parse_args(arguments)
    if not shutil.which("pulumi"):
        print("pulumi is not on the PATH; see https://www.pulumi.com/docs/install/", file=sys.stderr)
        return 2

    asked.settings.mkdir(parents=True, exist_ok=True)
    options = auto.LocalWorkspaceOptions(work_dir=str(asked.settings))  # else configuration is forgotten after each run
    if asked.backend:
        # A local state's secrets are encrypted with a passphrase: yours, if PULUMI_CONFIG_PASSPHRASE is set.
        options.env_vars = {
            "PULUMI_BACKEND_URL": asked.backend,
            "PULUMI_CONFIG_PASSPHRASE": os.environ.get("PULUMI_CONFIG_PASSPHRASE", ""),
        }
    stack = auto.create_or_select_stack(asked.stack, project_name=PROJECT, program=program, opts=options)
    for setting in asked.config:
        key, _, value = setting.partition("=")
        stack.set_config(key, auto.ConfigValue(value))
    try:
        match asked.operation:
            case "preview":
                stack.preview(on_event=show)
            case "up":
                outputs = stack.up(on_event=show).outputs
                print("url:", outputs["url"].value)
            case "refresh":
                stack.refresh(on_event=show)
            case "destroy":
                stack.destroy(on_event=show)
    except auto.CommandError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`pulumi-sidecar inject -f FILE`: the sidecar in Kubernetes YAML, for those who have no Pulumi program."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pulumi_sidecar import existing
from pulumi_sidecar.commands.files import write
from pulumi_sidecar.commands.program import USAGE, fail
from pulumi_sidecar.errors import ArgumentsError
from pulumi_sidecar.yaml_text import TextError, is_json, load_plain


@click.command()
@click.option(
    "-f",
    "--filename",
    "files",
    metavar="FILE",
    multiple=True,
    required=True,
    help="YAML to read; - is standard input. Repeats.",
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write there.")
@click.option("-i", "--in-place", is_flag=True, help="Write each FILE back.")
@click.option("--eject", is_flag=True, help="Take the sidecar out again; with --workload only that one's.")
@click.option("--workload", metavar="[KIND/]NAME", help="Which workload; needed where there are several.")
@click.option("--container", metavar="NAME", help="The application's container; needed where there are several.")
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(1, 65535),
    help="Where the application listens; by default the port it declares.",
)
@click.option(
    "--protocol", type=click.Choice(["http", "uwsgi", "fastcgi", "grpc"]), help="What it speaks; by default HTTP."
)
@click.option("--proxy", type=click.Choice(["nginx", "apache"]), help="By default nginx.")
@click.option("--secret", metavar="NAME", help="Certificate: an existing Secret of type kubernetes.io/tls.")
@click.option("--issuer", metavar="NAME", help="Certificate: by this cert-manager Issuer.")
@click.option("--cluster-issuer", metavar="NAME", help="Certificate: by this cert-manager ClusterIssuer.")
@click.option("--generate", is_flag=True, help="Certificate: a new one by a new CA; needs --write-generated-key.")
@click.option(
    "--write-generated-key", is_flag=True, help="Yes, a private key may stand in the output. Do not commit it."
)
@click.option(
    "--service", metavar="NAME", help="The Service in front; by default the one that leads to the application."
)
@click.option(
    "--service-ports",
    type=click.Choice(["add", "point", "leave"]),
    help="Give it one more port (the default), point its port at the proxy, or leave it.",
)
@click.option(
    "-n",
    "--namespace",
    metavar="NS",
    help="Where the workload is, and objects go that name no namespace. With --eject only what is there.",
)
@click.option(
    "--args",
    "args_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML with SidecarInjectionArgs; options go over it.",
)
def inject(
    files: tuple[str, ...], output: Path | None, in_place: bool, eject: bool, args_file: Path | None, **options: Any
) -> None:
    """Read Kubernetes YAML and print it with the sidecar: proxy, configuration, certificate, and a port of the Service.

    What is not concerned stays as it is, byte for byte, comments too. Doing it again changes nothing, or what other
    options ask for; --eject gives back what was there. Exits with 2 when options or manifests cannot be used; nothing
    is written then.

    \b
    Examples:
      pulumi-sidecar inject -f web.yaml --secret web-tls | kubectl apply -f -
      pulumi-sidecar inject -f web.yaml --issuer letsencrypt --in-place
      helm template shop ./shop | pulumi-sidecar inject -f - --workload shop --issuer internal
      pulumi-sidecar inject -f web.yaml --eject --in-place
    """
    if in_place and (output or "-" in files):
        fail("--in-place writes each file back: it goes with neither --output nor standard input", USAGE)
    stream = _read(files)
    before = stream.texts()
    try:
        if eject:
            found = existing.eject(stream, options["workload"], options["namespace"], options["service"])
            if not found and not stream.notes:
                click.echo("note: there is no sidecar of ours", err=True)
        else:
            raw = _arguments(args_file, options)
            request = existing.Request(raw, options["workload"], options["namespace"], options["write_generated_key"])
            existing.inject(stream, request)
    except (ArgumentsError, existing.ExistingError, TextError) as error:
        fail(str(error), USAGE)
    for note in stream.notes:
        click.echo(f"note: {note}", err=True)
    if in_place:
        _write_back(stream, files, before)
    else:
        _write(stream, output)


def _read(files: tuple[str, ...]) -> existing.Stream:
    texts = []
    for file in files:
        try:
            # Not as text files are read: line ends stay what they are.
            raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            texts.append(raw.decode())
        except (OSError, UnicodeDecodeError) as error:
            fail(f"{file}: {getattr(error, 'strerror', None) or 'is no UTF-8 text'}", USAGE)
    stream = existing.Stream.of(files, texts)
    try:
        stream.places()
    except TextError as error:
        fail(str(error), USAGE)
    return stream


def _arguments(file: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments out of the file, with the options over them."""
    try:
        raw = load_plain(file.read_text(encoding="utf-8")) if file else {}
    except (OSError, UnicodeDecodeError, TextError) as error:
        fail(f"{file}: {error}", USAGE)
    if not isinstance(raw, dict):
        fail(f"{file}: arguments are names and values, as the documentation lists them", USAGE)
    app = {key: options[key] for key in ("container", "port") if options[key] is not None}
    app |= {"protocol": {"kind": options["protocol"]}} if options["protocol"] else {}
    service = {
        key: options[option] for key, option in (("name", "service"), ("ports", "service_ports")) if options[option]
    }
    proxy = {"kind": options["proxy"]} if options["proxy"] else {}
    if "proxy" not in raw and not raw.get("sidecars"):
        proxy = {"kind": "nginx", **proxy}
    for name, over in (("app", app), ("service", service), ("proxy", proxy)):
        given = {} if raw.get(name) is None else raw[name]
        if over and isinstance(given, dict):  # what else it may be is told with everything that is wrong
            raw[name] = {**given, **over}
    return raw | _certificate(raw, options)


def _certificate(raw: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    ways = {
        "--secret": {"kind": "secret", "name": options["secret"]} if options["secret"] else None,
        "--issuer": {"kind": "cert_manager", "issuer": options["issuer"]} if options["issuer"] else None,
        "--cluster-issuer": {
            "kind": "cert_manager",
            "issuer": options["cluster_issuer"],
            "issuer_kind": "ClusterIssuer",
        }
        if options["cluster_issuer"]
        else None,
        "--generate": {"kind": "issued"} if options["generate"] else None,
    }
    asked = {name: way for name, way in ways.items() if way}
    if len(asked) > 1:
        fail(f"{' and '.join(asked)} exclude each other: there is one certificate", USAGE)
    if not asked and raw.get("proxy") and "tls" not in raw:
        fail("where does the certificate come from? Use --secret, --issuer, --cluster-issuer or --generate", USAGE)
    return {"tls": next(iter(asked.values()))} if asked else {}


def _write_back(stream: existing.Stream, files: tuple[str, ...], before: list[str]) -> None:
    keys = stream.keys()
    for number, (file, text) in enumerate(zip(files, stream.texts(), strict=True)):
        if text != before[number]:
            write(Path(file), text, private=number in keys)


def _write(stream: existing.Stream, output: Path | None) -> None:
    try:
        whole = _joined(stream)
    except TextError as error:
        fail(str(error), USAGE)
    if output:
        write(output, whole, private=bool(stream.keys()))
    else:
        sys.stdout.write(whole)


def _joined(stream: existing.Stream) -> str:
    """One text of several files'. Raises TextError where that would change a value."""
    for file, text in enumerate(stream.texts()[:-1]):
        if text:
            stream.end_line(file)
    result = ""
    for number, text in enumerate(stream.texts()):
        if number:
            text = text.removeprefix("\ufeff")
        first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
        # Directives stand behind the end of a document; what begins with a brace would be read as JSON, as a whole.
        between = "" if not result or first.startswith("---") else "...\n" if first.startswith("%") else "---\n"
        result += between + text
    return f"---\n{result}" if len(stream.names) > 1 and is_json(result) else result

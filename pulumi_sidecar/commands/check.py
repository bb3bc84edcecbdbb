"""`pulumi-sidecar check DIR`: every proxy's configuration, tested by the server itself."""

from __future__ import annotations

import re
import sys

import click

from pulumi_sidecar import layout, local, processes, proxies, servers
from pulumi_sidecar.commands import refused
from pulumi_sidecar.commands.program import NO_SERVER, REFUSED, Program, program_options


@click.command()
@program_options
def check(program: Program) -> None:
    """Test the proxy configurations of the Pulumi program in DIR with nginx or Apache httpd on this machine.

    Exits with 4 when a server refuses its configuration, or a certificate and its key are no pair; with 5 when the
    server is not on this machine; with 1 and 3 as `render` does. Nothing listens, and nothing is left behind.

    \b
    Examples:
      pulumi-sidecar check .
      pulumi-sidecar check . --stack prod
    """
    try:
        found = proxies.containers(program.run().objects())
    except proxies.LocalError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(REFUSED)
    if not found:
        click.echo("note: the program has no proxy", err=True)
    with processes.stoppable():
        try:
            codes = [_check(container) for container in found]
        except processes.Stopped as stopped:
            sys.exit(stopped.exit_code)
    # A refused configuration is what was asked for; a missing server comes second.
    sys.exit(min((code for code in codes if code), default=0))


def _check(container: proxies.Container) -> int:
    """Tests one proxy, says how it went, and gives the exit code."""
    for missing in dict.fromkeys(container.missing.values()):
        click.echo(f"note: {container.name}: {missing} is not part of the program, its files were not tested", err=True)
    try:
        server = servers.find(container.kind)
    except servers.MissingServerError as error:
        click.echo(f"error: {container.name}: {error}", err=True)
        return NO_SERVER
    if not server.counts and local.NO_COUNTS[0] in container.texts[container.file]:
        click.echo(f"note: {container.name}: {server} here has no stub_status, so that was not tested", err=True)
    problems = [problem for problem in (_certificate_problem(container),) if problem]
    try:
        with processes.temporary_folder() as folder:
            accepted, said = _test(container, local.materialise(container, server, folder))
    except proxies.LocalError as error:
        click.echo(f"error: {container.name}: {error}", err=True)
        return REFUSED
    if not accepted:
        problems.append(f"{server} refuses the configuration\n{refused.with_lines(said, container)}")
    for problem in problems:
        click.echo(f"error: {container.name}: {problem}", err=True)
    if not problems:
        click.echo(f"{container.name}: {server} takes the configuration")
    return REFUSED if problems else 0


_UNKNOWN_HOST = re.compile(r'host not found in upstream "(?P<host>[^":/]+)[^"]*" in (?P<file>\S+):(?P<line>\d+)')


def _test(container: proxies.Container, proxy: local.LocalProxy) -> tuple[bool, str]:
    """The server's verdict. A host that only the cluster knows is no reason to refuse, so another takes its place."""
    accepted, said = proxy.test()
    for _ in range(20):
        unknown = _UNKNOWN_HOST.search(said)
        if accepted or not unknown:
            break
        host, line = unknown["host"], int(unknown["line"]) - 1
        file = proxy.folders[layout.CONFIG_DIR] / unknown["file"].rpartition("/")[2]
        lines = file.read_text().split("\n")
        lines[line] = lines[line].replace(host, "127.0.0.1")
        file.write_text("\n".join(lines))
        click.echo(
            f"note: {container.name}: {host} is not known here; nginx looks it up when it starts, and does not start "
            "where it cannot",
            err=True,
        )
        accepted, said = proxy.test()
    return accepted, said


def _certificate_problem(container: proxies.Container) -> str | None:
    """nginx reads the certificate at handshakes only, so its own test says nothing about it."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    certificate, key = container.tls_file("tls.crt"), container.tls_file("tls.key")
    if certificate is None or key is None:
        return None
    try:
        leaf = x509.load_pem_x509_certificates(certificate)[0]
    except ValueError as error:
        return f"{layout.TLS_DIR}/tls.crt holds no certificate: {error}"
    try:
        private = load_pem_private_key(key, None)
    except (ValueError, TypeError):  # what it says may quote the key
        return f"{layout.TLS_DIR}/tls.key holds no private key that can be read"
    if private.public_key() != leaf.public_key():
        return f"{layout.TLS_DIR}/tls.crt is not for the key in {layout.TLS_DIR}/tls.key"
    return None

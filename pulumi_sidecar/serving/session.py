"""One proxy at a time on this machine, its app, and what both say, until somebody has seen enough."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from subprocess import Popen

from pulumi_sidecar import layout, local, offline, ports, processes, proxies, servers
from pulumi_sidecar.errors import did_you_mean
from pulumi_sidecar.proxies import Container, LocalError
from pulumi_sidecar.serving import app, log, trust
from pulumi_sidecar.serving.kept import Kept

OnEntry = Callable[[log.Entry], None]
"""Gets each line of the access log."""

PROBE_SECONDS = 0.5
APP_SECONDS = 15.0
"""How long an app that we start may take before it is said that nobody listens yet."""
_NOISE = re.compile(
    r"while connecting to upstream|AH00957|AH01114|AH02454|AH00898|AH01079"  # the app is not there: that is said once
    r"|:notice\]|AH01882"
)
_MADE_UP = re.compile(r"-[0-9a-f]{8}$")
"""What Pulumi puts behind a name. `graph` and `explain` leave it out."""
_HTTPD_HEAD = re.compile(r"^\[[^\]]*\] (\[[a-z_0-9]*:[a-z]+\]) \[pid [^\]]*\] ")


class PortTakenError(LocalError):
    """Somebody else has the port."""


class ComponentError(LocalError):
    """The program has no such component, or more than one. The text names them."""


class RefusedError(LocalError):
    """The server does not take the configuration. `said` is its own message."""

    def __init__(self, container: Container, server: servers.Server, said: str) -> None:
        super().__init__(f"{container.name}: {server} refuses the configuration")
        self.container, self.said = container, said


class EndedError(LocalError):
    """Something that should go on has ended."""


@dataclass(frozen=True)
class Wanted:
    """What the user asked for."""

    component: str | None = None
    app: app.Place | None = None
    run: str | None = None
    port: int | None = None


@dataclass(frozen=True)
class Served:
    """A proxy that is ready to start."""

    proxy: local.LocalProxy
    trust: trust.Trust
    app: app.Place
    notes: tuple[str, ...]
    done: contextlib.ExitStack
    """Removes its files."""

    @property
    def container(self) -> Container:
        """As the program has it."""
        return self.proxy.container

    @property
    def scheme(self) -> str:
        """https, unless the program has it off."""
        return _scheme(self.container)

    @property
    def port(self) -> int:
        """Where clients come in."""
        return self.proxy.ports[self.scheme]

    @property
    def url(self) -> str:
        """By a name that the certificate has."""
        return f"{self.scheme}://{self.trust.host}:{self.port}/"


class Session:
    """What runs, and what is said about it. A context: everything has ended after it, the proxy first."""

    def __init__(self, wanted: Wanted, kept: Kept, say: Callable[[str], None], entry: OnEntry) -> None:
        """`say` gets what is worth a line, `entry` each line of the access log."""
        self.served: Served | None = None
        self._wanted, self._kept, self._say, self._entry = wanted, kept, say, entry
        self._stack = contextlib.ExitStack()
        self._server_stack = contextlib.ExitStack()
        self._server: Popen[bytes] | None = None
        self._app: Popen[bytes] | None = None
        self._app_answers: bool | None = None
        self._next_probe = 0.0
        self._tails: tuple[log.Tail, log.Tail] | None = None

    def __enter__(self) -> Session:
        self._own = self._stack.enter_context(processes.temporary_folder())
        self._own.chmod(0o711)
        self._sockets = app.socket_folder(self._own)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop_server()
        if self.served:
            self.served.done.close()
        self._stack.close()

    def prepare(self, run: offline.Run) -> Served:
        """Writes and tests the proxy of that program; what runs goes on.

        Raises LocalError, MissingServerError or AppError.
        """
        container = pick(_proxies(run), self._wanted.component)
        container, notes = trust.with_stand_ins(container, run.objects(), self._kept)
        server = servers.find(container.kind)
        at = app.place(container, self._wanted.app, self._wanted.run is not None, self._sockets)
        with contextlib.ExitStack() as made:
            folder = made.enter_context(processes.temporary_folder())
            proxy = local.materialise(container, server, folder, self._ports(container, at))
            if at.socket and container.socket:
                link = proxy.folders[str(container.socket.parent)] / container.socket.name
                link.symlink_to(at.socket)
            accepted, said = proxy.test()
            if not accepted:
                raise RefusedError(container, server, said)
            needed = trust.trust(container, run, self._kept)
            return Served(proxy, needed, at, tuple(notes), made.pop_all())

    def start(self, served: Served) -> None:
        """Takes the place of what runs, which is put back if it does not start. Raises LocalError or AppError."""
        before = self.served
        if self._wanted.run and not self._app:
            started = app.running(self._wanted.run, served.app, served.container)
            self._app = self._stack.enter_context(started)
        self._stop_server()
        try:
            self._start_server(served)
        except LocalError:
            served.done.close()
            if before:
                self._start_server(before)
            raise
        if before:
            before.done.close()
        if not before or before.app != served.app:
            self._app_answers = None
        self.served = served

    def wait_for_app(self, seconds: float = APP_SECONDS) -> None:
        """Until what --run started listens, for so long: so the first request is no 502. Raises EndedError."""
        if self._app is None or self.served is None or self.served.app.answers():
            return
        self._say(f"the app is started; waiting until it listens at {self.served.app}")
        if processes.wait_for(self.served.app.answers, self._app, seconds):
            self._app_answers = False  # so that its coming is said
        self.step()

    def step(self) -> None:
        """Says what is new. Raises EndedError when proxy or app have ended."""
        failing = self._show_logs()
        if not self._app_answers or failing:
            self._look_for_app()
        if self._server and self._server.poll() is not None:
            raise EndedError(f"the proxy has ended with {self._server.returncode}")
        if self._app and self._app.poll() is not None:
            raise EndedError(f"--run {self._wanted.run}: the app has ended with {self._app.returncode}")

    # --- the proxy

    def _ports(self, container: Container, at: app.Place) -> dict[str, int]:
        main = _scheme(container)
        if main not in container.ports:
            raise LocalError(f"{container.name}: its proxy has no port for {main}")
        wanted = {main: self._wanted.port or container.ports[main]}
        # Of the others only the redirect's is told to anybody: the rest may be where no second run would look first.
        others = {name: port for name, port in container.ports.items() if name not in (main, proxies.APP)}
        wanted |= ports.free_ports({name: port if name == layout.HTTP else 0 for name, port in others.items()})
        return wanted | ({proxies.APP: at.port} if at.port else {})

    def _start_server(self, served: Served) -> None:
        if not ports.is_free(served.port):
            raise PortTakenError(
                f"port {served.port} is taken{ports.by_whom(served.port)}; end that, or take another with --port"
            )
        self._server = self._server_stack.enter_context(served.proxy.started())
        self._tails = (log.Tail(served.proxy.access_log), log.Tail(served.proxy.error_log))

    def _stop_server(self) -> None:
        self._server = None
        self._server_stack.close()
        self._show_logs()
        self._tails = None

    # --- what is said

    def _show_logs(self) -> bool:
        """Whether the app was missed by a request."""
        if self._tails is None:
            return False
        failing = False
        for line in self._tails[0].lines():
            each = log.entry(line)
            failing = failing or each.status in log.BAD_GATEWAY
            self._entry(each)
        for line in self._tails[1].lines():
            if line.strip() and self.served and not _NOISE.search(line):
                said = self.served.proxy.message(_HTTPD_HEAD.sub(r"\1 ", line))
                self._say(f"{self.served.container.kind}: {log.printable(said)}")
        return failing

    def _look_for_app(self) -> None:
        if self.served is None or time.monotonic() < self._next_probe:
            return
        self._next_probe = time.monotonic() + PROBE_SECONDS
        answers = self.served.app.answers()
        if answers and self._app_answers is False:
            self._say(f"the app is there, at {self.served.app}")
        elif not answers and self._app_answers is not False:
            until = "until it is there, requests are answered with 502 or 503"
            self._say(f"no app listens at {self.served.app} yet; {until}{self.served.app.hint()}")
        self._app_answers = answers


def _proxies(run: offline.Run) -> list[Container]:
    """The proxies of a program, with the names of what made them."""
    found = []
    for cluster in run.clusters():
        objects = cluster.objects()
        makers = [(each.parent or each.urn).rpartition("::")[2] for each in cluster.resources if each.is_object]
        for each, maker in zip(objects, makers, strict=True):
            found += [replace(container, resource=maker) for container in proxies.containers([each], objects)]
    return found


def pick(found: list[Container], name: str | None) -> Container:
    """The component of that name, with or without the end that Pulumi made up, or the only one. NAMESPACE/NAME tells
    those of one name apart, and so does the name of the component in the program.

    Raises ComponentError.
    """
    names = _names(found)
    if not found:
        raise ComponentError("the program has no proxy")
    if name is None:
        if len(found) > 1:
            raise ComponentError(f"the program has several proxies; choose with --component: {', '.join(names)}")
        return found[0]
    exact = [each for each in found if name in (*_spellings(each, each.name), each.resource)]
    short = [each for each in found if name in _spellings(each, _MADE_UP.sub("", each.name))]
    chosen = exact or short
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        several = ", ".join(_names(chosen))
        raise ComponentError(f"--component {name}: the program has several proxies of that name: {several}")
    raise ComponentError(f"--component {name}: the program has no such component. {did_you_mean(name, names)}")


def _spellings(container: Container, name: str) -> tuple[str, str]:
    return name, f"{container.namespace}/{name}"


def _names(found: list[Container]) -> list[str]:
    """How they are told apart: by their namespaces where names do not, and by what made them where neither does."""
    spelled = [_spellings(each, each.name) for each in found]
    short, long = ([each[form] for each in spelled] for form in (0, 1))
    return [
        name if short.count(name) == 1 else full if long.count(full) == 1 else each.resource
        for each, (name, full) in zip(found, spelled, strict=True)
    ]


def is_same(one: Served, other: Served) -> bool:
    """Whether the second would do what the first does."""
    return one.container == other.container and one.app == other.app


def _scheme(container: Container) -> str:
    return layout.HTTPS if layout.HTTPS in container.ports else layout.HTTP

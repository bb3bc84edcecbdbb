"""A component's own objects at work: rendered offline, mounted as the kubelet mounts them, run by its own command."""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import pulumi

from pulumi_sidecar import SidecarDeployment, offline
from pulumi_sidecar.offline import Run
from pulumi_sidecar.ports import listens
from tests.support import servers
from tests.support.app import HttpApp
from tests.support.pairs import ProxyKind, Seen, seen
from tests.support.servers import Server
from tests.support.wire import Reply, Wire

Files = Mapping[str, str]
Object = dict[str, Any]

_OURS = re.compile(r"(?<![\w.])(?=/(?:etc|run|srv)/pulumi-sidecar)")


class Mounted:
    """A folder as the kubelet writes a volume: links into ..data, which is a link that is swapped at once."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder = folder
        self._version = 0
        folder.mkdir(parents=True)
        self.write(files)
        for name in files:
            (folder / name).symlink_to(f"..data/{name}")

    def write(self, files: Files) -> None:
        """New content of all files."""
        self._version += 1
        new = self.folder / f"..2026_{self._version}"
        new.mkdir()
        for name, text in files.items():
            (new / name).write_text(text)
            os.chown(new / name, -1, servers.NOBODY if os.geteuid() == 0 else os.getgid())
            (new / name).chmod(0o440)
        link = self.folder / "..data_tmp"
        link.symlink_to(new.name)
        link.rename(self.folder / "..data")
        if self._version > 1:
            shutil.rmtree(self.folder / f"..2026_{self._version - 1}")


def arguments(proxy: ProxyKind, changes: Mapping[str, Any] | None = None, **proxy_changes: Any) -> dict[str, Any]:
    """Arguments with ports that are free on this machine."""
    return {
        "app": {"image": "a", "port": servers.free_port()},
        "proxy": {
            "kind": proxy,
            "https_port": servers.free_port(),
            "status_port": servers.free_port(),
            **({"http_port": servers.free_port()} if proxy_changes.get("redirect_http") else {}),
            **proxy_changes,
        },
        **(changes or {}),
    }


def deployment(args: dict[str, Any], name: str = "web") -> Run:
    """A program with one component, its outputs exported."""

    def program() -> None:
        made = SidecarDeployment(name, args)  # type: ignore[arg-type]
        for key in SidecarDeployment.__annotations__:
            pulumi.export(key, getattr(made, key))

    return offline.run(program)


class Rendered:
    """The proxy of one component, with an app behind it. `objects` are of the offline run; `secrets` and `config_maps`
    stand for those that somebody else makes."""

    def __init__(
        self,
        objects: list[Object],
        component: str = "web",
        *,
        secrets: Mapping[str, Files] | None = None,
        config_maps: Mapping[str, Files] | None = None,
        edit: Callable[[str], str] = lambda text: text,
        app_running: bool = True,
    ) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="rendered-"))
        self.root.chmod(0o755)
        self._edit = edit
        theirs: dict[tuple[str, str], Files] = {("Secret", name): files for name, files in (secrets or {}).items()}
        theirs |= {("ConfigMap", name): files for name, files in (config_maps or {}).items()}
        for each in objects:
            if each["kind"] in ("Secret", "ConfigMap"):
                theirs[each["kind"], each["metadata"]["name"]] = each.get("stringData") or each["data"]
        (pod,) = [
            each["spec"]["template"]["spec"]
            for each in objects
            if each["kind"] == "Deployment"
            and each["spec"]["selector"]["matchLabels"] == {"pulumi-sidecar/component": component}
        ]
        everybody = [*pod.get("initContainers", []), *pod["containers"]]
        (self.container,) = [each for each in everybody if each["name"] == "proxy"]
        volumes = {each["name"]: each for each in pod["volumes"]}
        self.mounts: dict[str, Mounted] = {}
        for mount in self.container["volumeMounts"]:
            self._mount(volumes[mount["name"]], self.root / mount["mountPath"].lstrip("/"), theirs)
        self.ports = {each["name"]: each["containerPort"] for each in self.container["ports"]}
        self.port = self.ports.get("https") or self.ports["http"]
        (config,) = [text for text in self._texts() if "upstream" in text or "ProxyPass" in text][:1]
        (app_port,) = set(re.findall(r"127\.0\.0\.1:(\d+)", config)) - {"47400"}
        self._app_port = int(app_port)
        self.app: HttpApp | None = None
        try:
            if app_running:
                self.app = HttpApp(("127.0.0.1", self._app_port), self.root)
            self.start()
        except BaseException:
            self.stop()
            raise

    def _mount(self, volume: Object, folder: Path, theirs: Mapping[tuple[str, str], Files]) -> None:
        if "emptyDir" in volume:
            folder.mkdir(parents=True)
            folder.chmod(0o777)
            return
        kind, name = (
            ("Secret", volume["secret"]["secretName"])
            if "secret" in volume
            else ("ConfigMap", volume["configMap"]["name"])
        )
        files = {key: self.placed(text) for key, text in theirs[kind, name].items()}
        self.mounts[volume["name"]] = Mounted(folder, files)

    def placed(self, text: str) -> str:
        """Text with our paths below this run's root."""
        return _OURS.sub(str(self.root), self._edit(text))

    def _texts(self) -> list[str]:
        folder = self.mounts["proxy-config"].folder
        return [(folder / name).read_text() for name in ("nginx.conf", "httpd.conf") if (folder / name).exists()]

    def start(self) -> None:
        """Run the container's command."""
        command = [self.placed(word) for word in self.container["command"]]
        binary = servers.need(servers.nginx_binary if "nginx" in " ".join(command) else servers.httpd_binary)
        path = f"{Path(binary).parent}:{os.environ['PATH']}"
        env = {"PATH": path, "PULUMI_SIDECAR_RELOAD_SECONDS": "1"}
        command[0] = shutil.which(command[0], path=path) or command[0]
        self.server = Server(command, self.root, "proxy", nobody=True, env=env)
        self.server.wait_until(lambda: listens(self.port))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop everything."""
        if hasattr(self, "server"):
            self.server.stop(number)
        if self.app:
            self.app.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self.stop()

    def wire(self, context: ssl.SSLContext | None, name: str | None = "localhost", port: str = "") -> Wire:
        """A connection; to the port of that name, by default to the one for clients."""
        if context is not None and name is None:
            context.check_hostname = False  # the kubelet names nobody and checks nothing
        return Wire(self.ports[port] if port else self.port, context, name)

    def get(
        self,
        context: ssl.SSLContext | None,
        *lines: str,
        name: str | None = "localhost",
        port: str = "",
        path: str = "/",
    ) -> Reply:
        """One request over a connection of its own."""
        with self.wire(context, name, port) as wire:
            return wire.get(path, *lines)

    def seen(self, context: ssl.SSLContext | None, *lines: str) -> Seen:
        """What the app saw of a request."""
        reply = self.get(context, *lines, path="/echo")
        assert reply.status == 200, reply
        return seen(reply.body)

    def word(self, context: ssl.SSLContext | None, *lines: str, name: str | None = "localhost", port: str = "") -> str:
        """The status of a request, or "refused" where TLS ends without one."""
        try:
            with self.wire(context, name, port) as wire:
                host = [] if any(line.startswith("Host:") for line in lines) else [f"Host: {name or 'localhost'}"]
                wire.send("\r\n".join(["GET / HTTP/1.1", *host, *lines, "", ""]).encode())
                reply = wire.try_reply()
        except (ssl.SSLError, ConnectionResetError, EOFError):
            return "refused"
        return str(reply.status) if reply else "refused"


def quick(text: str) -> str:
    """Short times in the place of what a cluster can wait for."""
    return text.replace("sleep 10 &", "sleep 1 &").replace("valid=60s", "valid=1s")

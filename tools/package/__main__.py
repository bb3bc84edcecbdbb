"""Build what would be published, look into it, install it where nothing else is, and use it."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
USE = Path(__file__).with_name("use.py")
EXAMPLES = [
    ROOT / "examples" / name / "__main__.py" for name in ("https_nginx", "https_apache", "mutual_tls", "tls_off")
]

CODE = ["pulumi_sidecar", "pulumi_sidecar_pytest.py"]
BESIDE = {"CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml"}
MADE = {"PKG-INFO", ".gitignore"}
"""Written, or always taken along, by hatchling."""

OLDEST = ["3.11", "3.12", "3.13", "3.14"]
LOWEST_TESTS = [
    "component",
    "outputs",
    "certificates",
    "inputs",
    "parse",
    "examples",
    "cli",
    "offline",
    "local_tls",
    "pem",
]
"""Those that go through every dependency. All tests take minutes, and would say the same."""


def main() -> None:
    """The command line that `make` calls."""
    parser = argparse.ArgumentParser(prog="python -m tools.package")
    parser.add_argument("what", choices=list(WORK))
    with tempfile.TemporaryDirectory() as folder:
        WORK[parser.parse_args().what](Path(folder))


def check(folder: Path) -> None:
    """The source distribution and the wheel that is built from it, and the wheel in use on every Python there is."""
    shutil.rmtree(DIST, ignore_errors=True)
    say("build")
    do(sys.executable, "-m", "build", "--outdir", DIST, ROOT)
    (source,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    say("metadata and contents")
    do(sys.executable, "-m", "twine", "check", "--strict", source, wheel)
    do(sys.executable, "-m", "check_wheel_contents", wheel)
    contents(source, wheel)
    for version, python in pythons().items():
        say(f"Python {version}: bare, then with the extra offline")
        venv = environment(folder / version, python)
        install(venv, wheel)
        use(venv)
        refused = subprocess.run([venv / "bin/pulumi-sidecar"], cwd=folder, capture_output=True, text=True, check=False)
        if refused.returncode == 0 or "pulumi-sidecar[offline]" not in refused.stderr:
            sys.exit(f"without its extra the command has to name it: {refused.stderr}")
        install(venv, f"{wheel}[offline]")
        rendered = do(venv / "bin/pulumi-sidecar", "render", ROOT / "examples/https_nginx", cwd=folder, quiet=True)
        if "kind: Deployment" not in rendered:
            sys.exit("pulumi-sidecar render printed no Deployment")
    missing = [version for version in OLDEST if version not in pythons()]
    if missing:
        sys.stdout.write(f"Python {', '.join(missing)}: NOT RUN, not on this machine\n")


def contents(source: Path, wheel: Path) -> None:
    """What git knows of the package is in both, and nothing else is."""
    tracked = set(do("git", "-C", ROOT, "ls-files", "--", *CODE, quiet=True).split())
    with tarfile.open(source) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    same(source, inside, tracked | BESIDE | MADE)
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    same(wheel, inside, tracked)


def same(file: Path, inside: set[str], wanted: set[str]) -> None:
    """Ends the run where the two differ."""
    if inside != wanted:
        sys.exit(f"{file.name} lacks {sorted(wanted - inside)}, and has {sorted(inside - wanted)} too many")
    sys.stdout.write(f"  {file.name}: {len(inside)} files\n")


def lowest(folder: Path) -> None:
    """The oldest versions that pyproject.toml allows, on the oldest Python: bare, and tests with an extra."""
    version, python = next(iter(pythons().items()))
    say(f"lower bounds, Python {version}: bare")
    bare = environment(folder / "bare", python)
    install(bare, ROOT, "--resolution", "lowest-direct")
    at_bounds(bare, [])
    use(bare)
    say(f"lower bounds, Python {version}: the extra offline, and tests")
    venv = environment(folder / "offline", python)
    install(venv, f"{ROOT}[offline]", "--resolution", "lowest-direct")
    kept = folder / "kept.txt"
    kept.write_text(do(sys.executable, "-m", "uv", "pip", "freeze", "--exclude-editable", "-p", venv, quiet=True))
    kept.write_text("".join(line for line in kept.read_text().splitlines(True) if " @ " not in line))
    install(venv, "pytest", "pytest-xdist", "hypothesis", "kubernetes-validate", "-c", kept)
    at_bounds(venv, ["offline"])
    tests = [f"tests/test_{name}.py" for name in LOWEST_TESTS]
    do(venv / "bin/python", "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", *tests, "tests/kit", cwd=ROOT)


def sbom(folder: Path) -> None:
    """What an installation with the extra offline consists of, as CycloneDX."""
    venv = environment(folder / "venv", Path(sys.executable))
    install(venv, f"{ROOT}[offline]")
    DIST.mkdir(exist_ok=True)
    options: list[Path | str] = [
        "--pyproject",
        ROOT / "pyproject.toml",
        "--output-reproducible",
        "-o",
        DIST / "sbom.json",
    ]
    do(sys.executable, "-m", "cyclonedx_py", "environment", *options, venv)


def audit(folder: Path) -> None:
    """Known vulnerabilities of what an installation consists of. The data is a service's, and has to be reached."""
    venv = environment(folder / "venv", Path(sys.executable))
    install(venv, f"{ROOT}[offline]")
    do(sys.executable, "-m", "uv", "pip", "uninstall", "-q", "-p", venv, "pulumi-sidecar")
    (site,) = venv.glob("lib/python*/site-packages")
    # Strict: a package that the service says nothing of is a failure, not a good word.
    command = [sys.executable, "-m", "pip_audit", "--strict", "--path", str(site), "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout)
    if done.returncode:
        sys.exit(verdict(done.stderr))
    sys.stdout.write("no known vulnerabilities\n")


def verdict(said: str) -> str:
    """What it means that pip-audit did not succeed: a finding, or no answer. `said` is its standard error."""
    if re.search(r"(?m)^Found \d+ known vulnerabilit", said):
        return said
    return f"not checked: the service that knows of vulnerabilities gave no answer. All may be well, or not.\n{said}"


def at_bounds(venv: Path, extras: list[str]) -> None:
    """Ends the run where something newer than its lower bound got in."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted: dict[str, str] = {}
    named = [each for name in extras for each in project["optional-dependencies"][name]]
    for line in [*project["dependencies"], *named]:
        name, _, bound = line.partition(">=")
        wanted[name.lower()] = bound.partition(",")[0]
    found = dict(
        line.split("==")
        for line in do(sys.executable, "-m", "uv", "pip", "freeze", "-p", venv, quiet=True).lower().splitlines()
        if "==" in line
    )
    for name, bound in wanted.items():
        if bound.split(".") != found[name].split(".")[: len(bound.split("."))]:
            sys.exit(f"{name} is {found[name]}, and {bound} was to be tried")
    sys.stdout.write("  " + ", ".join(f"{name} {found[name]}" for name in wanted) + "\n")


def pythons() -> dict[str, Path]:
    """Every supported Python on this machine, on the PATH or pyenv's, by version; the oldest first."""
    found = {}
    for version in OLDEST:
        newest = sorted(
            (Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python{version}"),
            key=lambda path: [int(part) for part in path.parents[1].name.split(".") if part.isdecimal()],
        )
        named = shutil.which(f"python{version}")
        for candidate in [*newest[-1:], *([Path(named)] if named else [])]:
            if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
                found[version] = candidate
                break
    if not found:
        found[".".join(map(str, sys.version_info[:2]))] = Path(sys.executable)
    return found


def environment(folder: Path, python: Path) -> Path:
    """A virtual environment with nothing in it."""
    do(sys.executable, "-m", "uv", "venv", "-q", "-p", python, folder)
    return folder


def install(venv: Path, *what: Path | str) -> None:
    """Install into an environment."""
    do(sys.executable, "-m", "uv", "pip", "install", "-q", "-p", venv, *what)


def use(venv: Path) -> None:
    """Make the examples' resources; from elsewhere, so that the checkout's own code is not what is imported."""
    do(venv / "bin/python", USE, *EXAMPLES, cwd=venv)


def do(*command: Path | str, cwd: Path | None = None, quiet: bool = False) -> str:
    """Run a command, which has to succeed. Quiet: its standard output is returned, not shown."""
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "KUBECONFIG", "VIRTUAL_ENV")}
    environ = {**clean, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    done = subprocess.run(
        [str(each) for each in command],
        cwd=cwd,
        env=environ,
        stdout=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"failed with exit code {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout or ""


def say(what: str) -> None:
    """A heading."""
    sys.stdout.write(f"--- {what}\n")
    sys.stdout.flush()


WORK: dict[str, Callable[[Path], None]] = {"check": check, "lowest": lowest, "sbom": sbom, "audit": audit}


if __name__ == "__main__":
    main()

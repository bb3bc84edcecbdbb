"""What an injection's transforms picked, told at the program's end: where it is nothing, a workload stays in clear."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pulumi
from pulumi.runtime import settings

from pulumi_sidecar.errors import ArgumentsError, Problem


@dataclass
class Picks:
    """What one transform was asked for, and whether it found it."""

    selector: str
    """As the user wrote it: transform(name="web")."""
    required: bool
    found: bool = False
    possible: bool = False
    """Whether it found one, or one that it may pick when more is known than in this preview."""


@dataclass
class Watch:
    """All transforms of one injection."""

    subject: str
    service: str | None
    """The Service that shall lead to the proxy; None where none is changed."""
    transforms: list[Picks] = field(default_factory=list)
    workloads: dict[str, None] = field(default_factory=dict)
    """Every workload that was seen, in their order."""
    services: dict[str, None] = field(default_factory=dict)
    service_possible: bool = False
    """Whether there is that Service, or one that may be it when more is known than in this preview."""

    def add(self, selector: str, required: bool) -> Picks:
        """A further transform."""
        if not self.transforms:
            at_end(self.tell)
        self.transforms.append(Picks(selector, required))
        return self.transforms[-1]

    def tell(self) -> None:
        """Warn of transforms that picked nothing. Raises ArgumentsError for one that was required."""
        for each in self.transforms:
            if each.possible:
                continue
            known = ", ".join(self.workloads) or "none: it sees only what is registered after it"
            reason = f"{each.selector} picked no workload, so none has the sidecar by it (seen: {known})"
            remedy = "Pick by what one of them has, and give the transform to its resource, its chart or the stack."
            if each.required:
                raise ArgumentsError(self.subject, [Problem("transform", reason, remedy)])
            pulumi.log.warn(f"{self.subject}: {reason}. {remedy}")
        if self.service and not self.service_possible and any(each.found for each in self.transforms):
            known = ", ".join(self.services) or "none"
            pulumi.log.warn(
                f'{self.subject}: no Service "{self.service}" was seen, so none leads to the proxy (seen: {known}). '
                'Tell its name in service.name, or set service.ports to "leave".'
            )


def at_end(check: Callable[[], None]) -> None:
    """Call `check` when every resource of the program is registered; never where the program fails.

    The SDK has no hook for that. But then, once, it sends the engine a signal, in previews and under mocks as well; so
    the check goes before that signal. An SDK that sends none calls nothing.
    """
    monitor: Any = settings.get_monitor()
    signal = getattr(monitor, "SignalAndWaitForShutdown", None)
    if signal is None:
        return
    within = partial(contextvars.copy_context().run, check)  # older SDKs send it from a thread that knows no engine
    if isinstance(signal, _Ending):
        signal.checks.append(within)
    else:
        monitor.SignalAndWaitForShutdown = _Ending(signal, [within])


@dataclass(frozen=True)
class _Ending:
    signal: Callable[..., Any]
    checks: list[Callable[[], None]]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        checks, self.checks[:] = list(self.checks), []  # mocks may serve one program after the other
        for check in checks:
            check()
        return self.signal(*args, **kwargs)

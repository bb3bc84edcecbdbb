"""What is to be reached, and what is known of the reason where it is not."""

from __future__ import annotations

from bench.result import Target

_PEERS = "haproxy,haproxy-tuned,envoy,envoy-tuned,caddy,caddy-tuned,traefik,traefik-tuned"
_RATE, _MIB = "requests/s", "peak MiB"


def _small(text: str, who: str, to: str, bound: float, scenario: str = "small-32", why: str = "") -> Target:
    return Target("small", f"{text}, ≥ {bound:g}", scenario, _RATE, who, to, ">=", bound, why=why)


_LOG = "the access log is the difference: a line for each request. Without it, see the next row"
_HAPROXY = "HAProxy is about as fast as the best nginx, and has no log here"
_AS_FAST = "within the spread: HAProxy is about as fast as the best nginx"
_MINIMAL = "what load and app take is in both; for the proxy alone see `CPU s/10k` in the table"
_REUSE = "a plain ProxyPass reuses connections, too"
_NO_REUSE = "the tuned httpd by hand does not reach it either, see the table"
_THREADS = "threads wait for each other (seven futex calls for each request), as those of a httpd by hand do"
_MODELS = "65 models and 80 dataclasses are made, though their validators not before they are used"
_TWO_FILES = "it is two files: the second, with which renewed certificates are tried, loads the modules again"
_KEPT = "each keeps its arguments as they were understood, and its plan"
_PROBES = "clients reach a pod once its app was seen to answer through the proxy; alone, nothing is waited for"
_SPREAD = "within the spread"
_ROUND = "single rounds vary by more than this: three others of 100 components gave 1.02, 1.06 and 1.57"
_CLOCK = "a time and no ratio: the same machine took 118 µs at other times"

_BY_HAND = ("sidecar", "by-hand")

TARGETS: tuple[Target, ...] = (
    _small("nginx: requests/s of the best nginx known to us", "nginx", "nginx-best", 0.95, why=_LOG),
    _small("nginx, `access_log` off: the same", "nginx-no-log", "nginx-best", 0.95),
    _small("nginx: requests/s of the best peer, 32 connections", "nginx", _PEERS, 1, why=_HAPROXY),
    _small("nginx, `access_log` off: the same", "nginx-no-log", _PEERS, 1, why=_AS_FAST),
    _small("nginx: requests/s of the best peer but HAProxy", "nginx", _PEERS.partition("tuned,")[2], 1),
    _small("nginx: requests/s of the minimal nginx", "nginx", "nginx-tutorial", 2.2, why=_MINIMAL),
    _small(
        "Apache: requests/s of the minimal httpd, ProxyPass without reuse", "apache", "httpd-no-reuse", 2, why=_NO_REUSE
    ),
    _small(
        "Apache: requests/s of the minimal httpd, ProxyPass alone (reuses, too)",
        "apache",
        "httpd-tutorial",
        2,
        why=_REUSE,
    ),
    _small("Apache: requests/s of Caddy as it comes", "apache", "caddy", 1, why=_SPREAD),
    _small("Apache: requests/s of Caddy, tuned", "apache", "caddy-tuned", 1, why=_SPREAD),
    Target("small", "nginx: memory at rest, ≤ 20 MiB", "rest", "MiB", "nginx", "", "<=", 20),
    Target("small", "nginx: memory under 256 connections, ≤ 40 MiB", "small-256", _MIB, "nginx", "", "<=", 40),
    Target("large", "nginx: memory under 256 answers of 1 MiB, ≤ 40 MiB", "1m-256", _MIB, "nginx", "", "<=", 40),
    Target("small", "nginx: p99 of the best peer, ≤ 1.5", "small-32", "p99", "nginx", _PEERS, "<=", 1.5),
    Target(
        "small", "Apache: p99 of the best peer, ≤ 1.5", "small-32", "p99", "apache", _PEERS, "<=", 1.5, why=_THREADS
    ),
    Target(
        "handshakes",
        "nginx: handshakes/s of s_time's limit, ≥ 0.95",
        "handshakes",
        "handshakes/s",
        "nginx",
        "s_server",
        ">=",
        0.95,
    ),
    Target(
        "uwsgi",
        "nginx: requests/s of uWSGI's own limit, ≥ 0.97",
        "uwsgi-32",
        _RATE,
        "nginx-unix",
        "uwsgi",
        ">=",
        0.97,
        why=_SPREAD,
    ),
    Target("uwsgi", "Apache: the same", "uwsgi-32", _RATE, "apache-unix", "uwsgi", ">=", 0.97, why=_SPREAD),
    Target(
        "uwsgi",
        "nginx: unix socket ahead of TCP, ≥ 1",
        "uwsgi-32",
        _RATE,
        "nginx-unix",
        "nginx-tcp",
        ">=",
        1,
        why=_SPREAD,
    ),
    Target(
        "import",
        "importing the component beside what it needs, ≤ 1.05",
        "import",
        "CPU s",
        *_BY_HAND,
        "<=",
        1.05,
        why=_MODELS,
    ),
    *(
        Target(
            "components",
            f"{count:,} components: {title} by hand, ≤ 1.1",
            f"components-{count}",
            metric,
            *_BY_HAND,
            "<=",
            1.1,
            why=_KEPT if metric == "more MiB" else _ROUND,
        )
        for count in (1, 100, 1000, 5000)
        for metric, title in (("CPU s", "time of the same"), ("more MiB", "memory of the same"))
    ),
    Target("render", "nginx's configuration, ≤ 200 µs", "configuration", "µs", "nginx", "", "<=", 200, why=_CLOCK),
    Target(
        "render", "Apache's configuration, ≤ 200 µs", "configuration", "µs", "apache", "", "<=", 200, why=_TWO_FILES
    ),
    Target("render", "`render` beside its imports, ≤ 1.3", "render", "CPU s", "sidecar", "imports", "<=", 1.3),
    Target(
        "cluster",
        "from apply to the first HTTPS answer, more than the app alone, ≤ 1 s",
        "answer",
        "seconds",
        "more",
        "",
        "<=",
        1,
        why=_PROBES,
    ),
    Target(
        "cluster",
        "pods on a node at default requests beside Envoy's usual ones, > 1",
        "density",
        "pods",
        "sidecar",
        "envoy",
        ">=",
        1.01,
    ),
    *(
        Target(
            "cluster",
            f"1,000 components beside 100, for each object: {metric}, ≤ 1.1",
            "scale",
            metric,
            "1000",
            "100",
            "<=",
            1.1,
            why=_SPREAD,
        )
        for metric in ("rendering (CPU)", "server-side dry-run")
    ),
)

"""From arguments to ports, paths, names and times; and arguments that do not go together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pulumi_sidecar import layout
from pulumi_sidecar import plan as planned
from pulumi_sidecar.drain import SETTLE_SECONDS
from pulumi_sidecar.fields import ServiceName
from pulumi_sidecar.names import shorten
from tests.support.plans import Basic, plan, problems, proxy

# --- ports ------------------------------------------------------------------------------------------------------------


def test_usual_ports(basic: Basic) -> None:
    assert proxy(basic()).ports == {"https": 8443, "status": 9443}
    assert proxy(basic(proxy={"redirect_http": True})).ports == {"https": 8443, "status": 9443, "http": 8081}


@pytest.mark.parametrize(
    ("app", "ports"),
    [
        (8443, {"https": 8444, "status": 9443, "http": 8081}),
        (9443, {"https": 8443, "status": 9444, "http": 8081}),
        (8081, {"https": 8443, "status": 9443, "http": 8082}),
    ],
)
def test_defaults_move_where_the_app_is(basic: Basic, app: int, ports: dict[str, int]) -> None:
    assert proxy(basic(app={"port": app}, proxy={"redirect_http": True})).ports == ports


def test_defaults_move_where_a_wish_is(basic: Basic) -> None:
    assert proxy(basic(proxy={"status_port": 8443})).ports == {"https": 8444, "status": 8443}
    wishes = {"http_port": 8443, "redirect_http": True, "https_port": 9443}
    assert proxy(basic(proxy=wishes)).ports == {"https": 9443, "status": 9444, "http": 8443}


def test_defaults_move_where_a_sidecar_is(basic: Basic) -> None:
    sidecars = {"log": {"image": "log:1", "ports": {"metrics": 8443}}}
    assert proxy(basic(sidecars=sidecars)).ports == {"https": 8444, "status": 9443}


_PORTS = st.sampled_from([None, 8081, 8082, 8443, 8444, 9443, 9444])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(app=_PORTS.filter(bool), https=_PORTS, status=_PORTS, http=_PORTS, redirect=st.booleans())
def test_ports_never_collide(
    basic: Basic, app: int, https: int | None, status: int | None, http: int | None, redirect: bool
) -> None:
    wishes = {"https_port": https, "status_port": status, "http_port": http, "redirect_http": redirect}
    raw = basic(app={"port": app}, proxy=wishes)
    given_ = [port for port in (app, https, status, http if redirect else None) if port]
    if len(set(given_)) < len(given_):
        assert all(path.endswith("port") for path in problems(raw))
        return
    ports = proxy(raw).ports
    assert len({*ports.values(), app}) == len(ports) + 1
    assert not https or ports["https"] == https
    assert not status or ports["status"] == status
    assert not redirect or not http or ports["http"] == http
    assert ("http" in ports) is redirect


@pytest.mark.parametrize(
    ("changes", "path", "other"),
    [
        ({"app": {"port": 8443}, "proxy": {"https_port": 8443}}, "proxy.https_port", "app.port"),
        ({"app": {"port": 9443}, "proxy": {"status_port": 9443}}, "proxy.status_port", "app.port"),
        ({"proxy": {"https_port": 7000, "status_port": 7000}}, "proxy.status_port", "proxy.https_port"),
        ({"proxy": {"http_port": 8080, "redirect_http": True}}, "proxy.http_port", "app.port"),
        (
            {"sidecars": {"s": {"image": "s", "ports": {"m": 8080}}}},
            'sidecars["s"].ports["m"]',
            "app.port",
        ),
    ],
)
def test_ports_that_collide(basic: Basic, changes: dict[str, Any], path: str, other: str) -> None:
    found = problems(basic(changes))
    assert list(found) == [path]
    assert other in found[path].reason


def test_an_unused_http_port_collides_with_nothing(basic: Basic) -> None:
    assert "http" not in proxy(basic(proxy={"http_port": 8080})).ports


def test_the_services_ports_collide(basic: Basic) -> None:
    assert list(problems(basic(proxy={"redirect_http": True}, service={"port": 80}))) == ["service.http_port"]
    plan(basic(service={"port": 80}))


def test_the_public_port_is_the_services(basic: Basic) -> None:
    assert proxy(basic()).site.public_port == plan(basic()).service_port == 443
    made = plan(basic(service={"port": 8443}))
    assert made.proxy is not None
    assert made.proxy.site.public_port == made.service_port == 8443


def test_a_port_is_needed(basic: Basic) -> None:
    raw = basic()
    del raw["app"]["port"]
    assert problems(raw)["app.port"].reason == "is missing"


# --- names ------------------------------------------------------------------------------------------------------------


def test_the_service_is_named_after_the_component(basic: Basic) -> None:
    assert plan(basic(), "shop").name == "shop"
    assert plan(basic(), "shop").selector == {layout.COMPONENT_LABEL: "shop"}


def test_service_name_wins(basic: Basic) -> None:
    made = plan(basic(service={"name": "front"}), "2shop")
    assert (made.name, made.selector) == ("front", {layout.COMPONENT_LABEL: "front"})


@pytest.mark.parametrize("name", ["a" * 64, "a" * 54 + "-" + "b" * 30, "a" * 53 + "-----" + "b" * 30, "a" * 221])
def test_a_long_name_is_shortened(basic: Basic, name: str) -> None:
    made = plan(basic(), name).name
    assert TypeAdapter(ServiceName).validate_python(made) == made
    assert made[:10] == "aaaaaaaaaa"
    assert plan(basic(), name + "x").name != made
    assert plan(basic(), name).name == made


def test_63_characters_stay(basic: Basic) -> None:
    assert plan(basic(), "a" * 63).name == "a" * 63


@given(name=st.text(alphabet="abc-.", min_size=1, max_size=120), longest=st.integers(20, 64))
def test_shorten_stays_within(name: str, longest: int) -> None:
    short = shorten(name, longest)
    assert len(short) <= longest
    assert short == name or not short[:-9].endswith(("-", "."))


@pytest.mark.parametrize("name", ["2web", "web.example"])
def test_a_name_that_no_service_can_have(basic: Basic, name: str) -> None:
    problem = problems(basic(), name)["service.name"]
    assert "cannot be the name of its Service" in problem.reason
    plan(basic(service={"name": "web"}), name)


@pytest.mark.parametrize("name", ["Web", "web_1", "-web", "web-", "wéb", "", "web\n", "a" * 70 + "_", "a" * 223])
def test_a_name_that_no_child_can_have(basic: Basic, name: str) -> None:
    """Children are named after the component, whatever the Service is called."""
    problem = problems(basic(service={"name": "web"}), name)["name"]
    assert "cannot begin the names of its Kubernetes objects" in problem.reason


# --- time -------------------------------------------------------------------------------------------------------------


def test_the_usual_grace_period(basic: Basic) -> None:
    made = plan(basic())
    # 5 s until no connection comes, 10 s of drain and 1 more, 10 s for the app to stop …
    assert made.app_stop_delay_seconds == 16
    assert made.grace_seconds == 31


@pytest.mark.parametrize(("drain", "stop"), [(1, 1), (30, 10), (10, 120)])
def test_the_grace_period_holds_drain_and_stop(basic: Basic, drain: int, stop: int) -> None:
    made = plan(basic(drain_seconds=drain, app={"stop_seconds": stop}))
    assert made.app_stop_delay_seconds == SETTLE_SECONDS + drain + 1
    assert made.grace_seconds >= made.app_stop_delay_seconds + stop + 5
    assert made.proxy is not None
    assert made.proxy.site.drain_seconds == drain


def test_a_native_proxy_stops_after_the_app_and_has_time_for_it(basic: Basic) -> None:
    classic, native = (plan(basic(drain_seconds=20, proxy={"lifecycle": kind})) for kind in ("classic", "native"))
    assert native.app_stop_delay_seconds == classic.app_stop_delay_seconds
    assert native.grace_seconds == classic.grace_seconds + 20


def test_without_a_proxy_nothing_drains(basic: Basic) -> None:
    made = plan(basic(proxy=None, sidecars={"log": {"image": "log:1"}}))
    assert made.app_stop_delay_seconds == 5
    assert made.grace_seconds == 5 + 10 + 5


def test_a_grace_period_of_ones_own(basic: Basic) -> None:
    assert plan(basic(termination_grace_seconds=100)).grace_seconds == 100
    assert plan(basic(termination_grace_seconds=26)).grace_seconds == 26
    problem = problems(basic(termination_grace_seconds=25))["termination_grace_seconds"]
    assert "make 26" in problem.reason
    assert problem.value == 25


# --- volumes, labels, users -------------------------------------------------------------------------------------------


def _mounting(*mounts: tuple[str, str]) -> dict[str, Any]:
    return {"volume_mounts": [{"volume": volume, "mount_path": path} for volume, path in mounts]}


EMPTY = {"kind": "empty_dir"}


def test_a_volume_that_is_not_there(basic: Basic) -> None:
    found = problems(basic(app=_mounting(("data", "/d"))))
    assert list(found) == ["app.volume_mounts[0].volume"]
    found = problems(basic(app=_mounting(("a", "/a"), ("data", "/d")), volumes={"a": EMPTY, "b": EMPTY}))
    assert "a, b" in found["app.volume_mounts[1].volume"].reason


def test_a_path_mounted_twice(basic: Basic) -> None:
    found = problems(basic(app=_mounting(("a", "/d"), ("b", "/d")), volumes={"a": EMPTY, "b": EMPTY}))
    assert list(found) == ["app.volume_mounts[1].mount_path"]


@pytest.mark.parametrize("name", [*layout.OUR_VOLUMES, "app-tmp"])
def test_names_of_our_volumes_are_taken(basic: Basic, name: str) -> None:
    assert f'volumes["{name}"]' in problems(basic(volumes={name: EMPTY}))


def test_our_labels_are_ours(basic: Basic) -> None:
    found = problems(basic(labels={layout.COMPONENT_LABEL: "x"}, annotations={layout.CONFIG_ANNOTATION: "x"}))
    assert set(found) == {f'labels["{layout.COMPONENT_LABEL}"]', f'annotations["{layout.CONFIG_ANNOTATION}"]'}


def test_a_group_without_a_user(basic: Basic) -> None:
    assert list(problems(basic(app={"user": "image", "group": 1000}))) == ["app.group"]
    plan(basic(app={"user": "image"}))
    plan(basic(app={"user": "image", "group": "image"}))


def test_all_problems_at_once(basic: Basic) -> None:
    raw = basic(
        app={"port": 8443, **_mounting(("data", "/d"))},
        proxy={"https_port": 8443, "tls_profile": "modern"},
        tls={"kind": "issued", "validity_days": 365},
        termination_grace_seconds=1,
    )
    assert set(problems(raw, "2web")) == {
        "service.name",
        "proxy.https_port",
        "app.volume_mounts[0].volume",
        "tls.validity_days",
        "termination_grace_seconds",
    }


# --- what servers and API would refuse --------------------------------------------------------------------------------
UWSGI = {"port": None, "protocol": {"kind": "uwsgi"}}
SHARED = {"volumes": {"v": {"kind": "empty_dir"}, "s": {"kind": "secret", "name": "x"}}}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        *(
            ({"app": {"port": None, "protocol": {"kind": "http", "socket": f"{folder}/a.sock"}}}, "app.protocol.socket")
            for folder in ("", "/tmp", "/run", "/etc/app", "/usr/local/apache2", "/proc/1", "/run/pulumi-sidecar")
        ),
        *(
            (
                {**SHARED, "app": {**UWSGI, "volume_mounts": [{"mount_path": "/run/app", **mount}]}},
                "app.volume_mounts[0]",
            )
            for mount in ({"volume": "v", "read_only": True}, {"volume": "v", "sub_path": "x"}, {"volume": "s"})
        ),
        *(
            (
                {
                    **SHARED,
                    "app": {"port": None, "protocol": {"kind": "uwsgi", "mount": "/shop/x"}},
                    "proxy": {"static": [{"url_path": url, "volume": "v"}]},
                },
                "proxy.static[0].url_path",
            )
            for url in ("/shop/", "/shop/x/")
        ),
        *(
            ({"app": {"health_path": f"/{escape}"}}, "app.health_path")
            for escape in ("%0a", "%00", "%22", "%24x", "%7f")
        ),
    ],
)
@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_combinations_that_no_server_takes(basic: Basic, changes: dict[str, Any], path: str, kind: str) -> None:
    proxy_changes = {**changes.get("proxy", {}), "kind": kind}
    assert list(problems(basic({**changes, "proxy": proxy_changes}))) == [path]


def test_the_folder_of_a_socket_may_be_a_volume_of_the_users(basic: Basic) -> None:
    mounts = [{"volume": "v", "mount_path": "/run/app"}]
    made = plan(basic({**SHARED, "app": {**UWSGI, "volume_mounts": mounts}}))
    assert made.socket_mount == planned.Mount("v", "/run/app", read_only=False)

"""The pod's volumes, and where they are mounted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.pods import container, pod

if TYPE_CHECKING:
    from tests.conftest import Deploy, Run

EMPTY = {"kind": "empty_dir"}


def _volumes(run: Run) -> dict[str, dict[str, Any]]:
    listed = pod(run)["volumes"]
    found = {volume["name"]: {key: value for key, value in volume.items() if key != "name"} for volume in listed}
    assert len(found) == len(listed)
    return found


def test_the_proxys_volumes(deploy: Deploy) -> None:
    run = deploy()
    assert _volumes(run) == {
        "proxy-config": {"configMap": {"name": "web-config-1a2b3c4d"}},
        "proxy-tls": {"secret": {"secretName": "web-tls-1a2b3c4d", "defaultMode": 0o440}},
        "proxy-work": {"emptyDir": {}},
    }
    assert pod(run)["securityContext"]["fsGroup"] == 65532
    mounted = {mount["name"] for each in pod(run)["containers"] for mount in each.get("volumeMounts", [])}
    assert mounted == set(_volumes(run))


def test_the_apps_container_never_sees_the_key(deploy: Deploy) -> None:
    assert "volumeMounts" not in container(deploy(), "app")


def test_volumes_of_ones_own(deploy: Deploy) -> None:
    run = deploy(
        {
            "volumes": {
                "cache": {"kind": "empty_dir", "size_limit": "1Gi", "medium": "memory"},
                "scratch": EMPTY,
                "settings": {"kind": "config_map", "name": "shop"},
                "password": {"kind": "secret", "name": "db"},
                "data": {"kind": "persistent_volume_claim", "claim_name": "data", "read_only": True},
            },
            "app": {
                "volume_mounts": [
                    {"volume": "cache", "mount_path": "/cache"},
                    {"volume": "data", "mount_path": "/data", "read_only": True, "sub_path": "shop"},
                ]
            },
        }
    )
    volumes = _volumes(run)
    assert volumes["cache"] == {"emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}
    assert volumes["scratch"] == {"emptyDir": {}}
    assert volumes["settings"] == {"configMap": {"name": "shop"}}
    assert volumes["password"] == {"secret": {"secretName": "db", "defaultMode": 0o440}}
    assert volumes["data"] == {"persistentVolumeClaim": {"claimName": "data", "readOnly": True}}
    assert container(run, "app")["volumeMounts"] == [
        {"name": "cache", "mountPath": "/cache"},
        {"name": "data", "mountPath": "/data", "readOnly": True, "subPath": "shop"},
    ]


def test_a_read_only_root_gets_a_tmp_to_write_to(deploy: Deploy) -> None:
    run = deploy({"app": {"security": {"read_only_root_filesystem": True}}})
    assert container(run, "app")["volumeMounts"] == [{"name": "app-tmp", "mountPath": "/tmp"}]
    assert _volumes(run)["app-tmp"] == {"emptyDir": {}}


def test_a_tmp_of_ones_own_stays(deploy: Deploy) -> None:
    run = deploy(
        {
            "app": {
                "security": {"read_only_root_filesystem": True},
                "volume_mounts": [{"volume": "mine", "mount_path": "/tmp"}],
            },
            "volumes": {"mine": EMPTY},
        }
    )
    assert container(run, "app")["volumeMounts"] == [{"name": "mine", "mountPath": "/tmp"}]
    assert "app-tmp" not in _volumes(run)

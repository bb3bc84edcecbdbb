"""A native proxy: started before the app and stopped after it. An update with it loses nothing either."""

from __future__ import annotations

from tests.cluster.clients import Client
from tests.cluster.shops import PAIRS, deploy, gone, load, name_of, program, shop, with_other_names
from tests.cluster.support import Deployed, Namespace


def test_new_image(namespace: Namespace, client: Client) -> None:
    every = [shop(namespace, *pair, proxy_more={"lifecycle": "native"}) for pair in PAIRS]
    found = deploy(namespace, *every)
    before = {each.name: {name_of(pod) for pod in namespace.pods(each.name)} for each in every}
    counting = {each.name: load(client, found, each, per_second=25) for each in every}
    for each in every:
        counting[each.name].steady()
    run, objects = namespace.render(program(*every))
    if not with_other_names(objects):
        run, objects = namespace.render(program(*(each.but(version="2") for each in every)))
    namespace.apply(objects)
    namespace.wait_ready(Deployed(run, objects, namespace.name))
    for each in every:
        gone(namespace, each.name, before[each.name])
        (pod, _) = namespace.pods(each.name)
        assert [container["name"] for container in pod["spec"]["initContainers"]] == ["proxy"]
    for each in every:
        counting[each.name].counts(f"{each.name}: native proxy, rolling update, new images").none_failed()

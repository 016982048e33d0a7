"""Carries out one request on one resource: the steps that are the same for every type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.compare import equal, is_empty
from pulumi_local_aws.provider.convert import part
from pulumi_local_aws.provider.resource import Resource, State
from pulumi_local_aws.provider.schema import Kind, inputs_of
from pulumi_local_aws.provider.values import UNKNOWN


class Incomplete(Exception):  # noqa: N818 - what the engine calls it: initialization failed
    """The resource is there, but not all of it could be brought about."""

    def __init__(self, resource_id: str, outputs: State, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.outputs = outputs


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a read found: the resource's outputs, and the inputs that would bring them about."""

    resource_id: str
    outputs: State
    inputs: State


def create(resource: Resource, cloud: Cloud, inputs: State) -> tuple[str, State]:
    """Create it; its id and outputs. Raises Incomplete where it exists but a later step failed."""
    _same_region(cloud, inputs)
    resource_id = resource.create(cloud, inputs)
    try:
        resource.complete(cloud, resource_id, inputs)
        if resource.tagging and not resource.tagging.create:
            there = observe(resource, cloud, resource_id, inputs) or {}
            resource.tagging.apply(cloud, resource_id, there, resource.wanted_tags(cloud, inputs))
    except AwsError as error:
        raise Incomplete(resource_id, _as_left(resource, cloud, resource_id, inputs), str(error)) from error
    return resource_id, _outputs(resource, cloud, resource_id, inputs)


def update(resource: Resource, cloud: Cloud, resource_id: str, *, state: State, news: State) -> State:
    """Bring the resource to the new inputs, whatever it has now; its outputs.

    Raises NotFound where the resource is gone, and Incomplete where a step failed: the next `up` then
    compares what is wanted with what AWS has, whatever the program wants by then.
    """
    there = observe(resource, cloud, resource_id, state)
    if there is None:
        raise NotFound("update", "", f"{resource_id} is gone: run `pulumi refresh` first")
    changed = {
        name
        for name, prop in inputs_of(resource.table).items()
        if not equal(prop, news.get(name), state.get(name) if prop.local else there.get(name))
    }
    try:
        resource.update(cloud, resource_id, {**state, **there}, news, changed - {"tags"})
        if resource.tagging:
            resource.tagging.apply(cloud, resource_id, there, resource.wanted_tags(cloud, news))
    except AwsError as error:
        # Whether code was taken is not known: without it in the state, it is sent again.
        unsure = {name for name in changed if resource.table[name].kind is Kind.BLOB}
        known = {name: value for name, value in {**state, **news}.items() if name not in unsure}
        raise Incomplete(resource_id, _as_left(resource, cloud, resource_id, known), str(error)) from error
    return _outputs(resource, cloud, resource_id, news, state)


def read(
    resource: Resource, cloud: Cloud, resource_id: str, state: State, inputs: State | None
) -> Found | None:
    """What is there now, or None. Without old inputs it is an import, by the id as pulumi-aws has it."""
    known = state
    if inputs is None:
        resource_id, known = resource.locate(resource_id)
    there = observe(resource, cloud, resource_id, known)
    if there is None:
        return None
    outputs = _kept(resource, {**_local(resource, known), **there}, known)
    return Found(resource_id=resource_id, outputs=outputs, inputs=_inputs_from(resource, outputs, inputs))


def delete(resource: Resource, cloud: Cloud, resource_id: str, state: State) -> None:
    """Delete it; gone already is as good."""
    try:
        resource.delete(cloud, resource_id, state)
    except NotFound:
        return


def planned(resource: Resource, news: State, state: State | None = None) -> State:
    """The outputs that a preview shows: the inputs, and unknown for what only AWS can tell."""
    known = dict(state or {})
    outputs: State = {}
    for name, prop in resource.table.items():
        if not prop.output and news.get(name) is not None:
            outputs[name] = news[name]
        elif prop.output or prop.computed:
            unknown = state is None or prop.volatile or known.get(name) is None
            outputs[name] = UNKNOWN if unknown else known[name]
    return outputs


def observe(resource: Resource, cloud: Cloud, resource_id: str, state: Mapping[str, Any]) -> State | None:
    """Everything that AWS tells of the resource, its tags included."""
    there = resource.read(cloud, resource_id, dict(state))
    if there is None:
        return None
    if "region" in resource.table:
        there["region"] = cloud.region
    tagging = resource.tagging
    if tagging is not None:
        has = tagging.read(cloud, resource_id, there) if tagging.list_operation else part(there, "tags")
        there["tagsAll"] = has
        own = part(state, "tags")
        there["tags"] = {
            name: value for name, value in has.items() if cloud.default_tags.get(name) != value or name in own
        }
    return there


def _outputs(
    resource: Resource, cloud: Cloud, resource_id: str, inputs: State, state: State | None = None
) -> State:
    known = {**(state or {}), **inputs}
    there = observe(resource, cloud, resource_id, known)
    if there is None:
        raise NotFound("read", "", f"{resource_id} vanished just after it was written")
    return _kept(resource, {**_local(resource, inputs), **there}, inputs)


def _as_left(resource: Resource, cloud: Cloud, resource_id: str, inputs: State) -> State:
    """What there is of a resource that could not be completed; the inputs where even that cannot be told."""
    try:
        return _outputs(resource, cloud, resource_id, inputs)
    except AwsError:
        return dict(inputs)


def _local(resource: Resource, known: Mapping[str, Any]) -> State:
    """What is not told back, as the program gave it."""
    return {
        name: known[name]
        for name, prop in resource.table.items()
        if (prop.local or prop.forgotten) and known.get(name) is not None
    }


def _kept(resource: Resource, outputs: State, prior: Mapping[str, Any]) -> State:
    """The outputs, in the words that were used before where they say the same."""
    return {
        name: prior[name]
        if name in resource.table
        and prior.get(name) is not None
        and equal(resource.table[name], prior[name], value)
        else value
        for name, value in outputs.items()
        if value is not None
    }


def _inputs_from(resource: Resource, outputs: State, olds: State | None) -> State:
    """The inputs that describe what is there; what the program never gave only where it matters."""
    inputs: State = {name: value for name, value in (olds or {}).items() if name not in resource.table}
    for name, prop in inputs_of(resource.table).items():
        old, now = (olds or {}).get(name), outputs.get(name)
        if prop.local or (old is not None and equal(prop, old, now)):
            now = old
        elif olds is not None and old is None and equal(prop, None, now):
            continue
        if now is not None and (old is not None or not is_empty(now)):
            inputs[name] = now
    return inputs


def _same_region(cloud: Cloud, inputs: State) -> None:
    region = inputs.get("region")
    if region not in (None, cloud.region):
        raise AwsError(
            "region", "", f"the local AWS has one Region a provider: {region} is not {cloud.region}"
        )

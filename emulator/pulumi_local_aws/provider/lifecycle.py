"""Create, read, update and delete a resource: the steps that every type shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.compare import equal, is_empty
from pulumi_local_aws.provider.convert import get_object
from pulumi_local_aws.provider.resource import Resource, State
from pulumi_local_aws.provider.schema import Kind, Property, Table, inputs_of
from pulumi_local_aws.provider.values import UNKNOWN


class Incomplete(Exception):  # noqa: N818 - what the engine calls it: initialization failed
    """The resource exists, but a later step of its creation or update failed."""

    def __init__(self, resource_id: str, outputs: State, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.outputs = outputs


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    """The result of a read: the resource's outputs, and the inputs that describe them."""

    resource_id: str
    outputs: State
    inputs: State


def create(resource: Resource, cloud: Cloud, inputs: State) -> tuple[str, State]:
    """Create the resource; return its id and outputs. Raises Incomplete if a later step failed."""
    _check_region(cloud, inputs)
    resource_id = resource.create(cloud, inputs)
    try:
        resource.complete(cloud, resource_id, inputs)
        if resource.tagging and not resource.tagging.create:
            observed = observe(resource, cloud, resource_id, inputs) or {}
            resource.tagging.apply(
                cloud, resource_id, observed, resource.wanted_tags(cloud.default_tags, inputs)
            )
    except AwsError as error:
        raise Incomplete(
            resource_id, _partial_outputs(resource, cloud, resource_id, inputs), str(error)
        ) from error
    return resource_id, _outputs(resource, cloud, resource_id, inputs)


def update(resource: Resource, cloud: Cloud, resource_id: str, *, state: State, news: State) -> State:
    """Update the resource from what AWS has to the new inputs; return its outputs.

    Raises NotFound if the resource does not exist, and Incomplete if a step failed. The next `up` then
    compares AWS's values with the inputs of that time.
    """
    observed = observe(resource, cloud, resource_id, state)
    if observed is None:
        raise NotFound("update", "", f"{resource_id} does not exist any more; run `pulumi refresh` first")
    changed = {
        name
        for name, prop in inputs_of(resource.table).items()
        if not equal(prop, news.get(name), state.get(name) if prop.local else observed.get(name))
    }
    try:
        resource.update(cloud, resource_id, {**state, **observed}, news, changed - {"tags"})
        if resource.tagging:
            resource.tagging.apply(
                cloud, resource_id, observed, resource.wanted_tags(cloud.default_tags, news)
            )
    except AwsError as error:
        # AWS may or may not have stored the code: without it in the state, the next `up` sends it again.
        unsure = {name for name in changed if resource.table[name].kind is Kind.BLOB}
        known = {name: value for name, value in {**state, **news}.items() if name not in unsure}
        raise Incomplete(
            resource_id, _partial_outputs(resource, cloud, resource_id, known), str(error)
        ) from error
    return _outputs(resource, cloud, resource_id, news, state)


def read(
    resource: Resource, cloud: Cloud, resource_id: str, state: State, inputs: State | None
) -> ReadResult | None:
    """Return what AWS has now, or None. Without old inputs, `resource_id` is an import id."""
    known = state
    if inputs is None:
        resource_id, known = resource.locate(resource_id)
    observed = observe(resource, cloud, resource_id, known)
    if observed is None:
        return None
    outputs = _keep_form(resource, {**_unread_properties(resource, known), **observed}, known)
    return ReadResult(
        resource_id=resource_id, outputs=outputs, inputs=_inputs_from_outputs(resource, outputs, inputs)
    )


def delete(resource: Resource, cloud: Cloud, resource_id: str, state: State) -> None:
    """Delete the resource; a resource that does not exist is no error."""
    try:
        resource.delete(cloud, resource_id, state)
    except NotFound:
        return


def planned_outputs(resource: Resource, news: State, state: State | None = None) -> State:
    """Return the outputs that a preview shows: the inputs, and unknown for what AWS decides."""
    return _planned_fields(resource.table, news, dict(state or {}))


def _planned_fields(table: Table, news: Mapping[str, Any], known: Mapping[str, Any]) -> State:
    outputs: State = {}
    for name, prop in table.items():
        if not prop.output and news.get(name) is not None:
            outputs[name] = _planned(prop, news[name], known.get(name))
        elif prop.output or prop.computed:
            outputs[name] = UNKNOWN if prop.volatile or known.get(name) is None else known[name]
    return outputs


def _planned(prop: Property, value: Any, known: Any) -> Any:
    """Return the value of an input with what AWS decides in it; `known` is AWS's present value."""
    if prop.kind is Kind.BLOCK and isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        return {**given, **_planned_fields(prop.fields, given, known or {})}
    return value


def observe(resource: Resource, cloud: Cloud, resource_id: str, state: Mapping[str, Any]) -> State | None:
    """Return all properties that AWS has for the resource, tags included, or None if it does not exist."""
    observed = resource.read(cloud, resource_id, dict(state))
    if observed is None:
        return None
    if "region" in resource.table:
        observed["region"] = cloud.region
    tagging = resource.tagging
    if tagging is not None:
        current = (
            tagging.read(cloud, resource_id, observed)
            if tagging.list_operation
            else get_object(observed, "tags")
        )
        observed["tagsAll"] = current
        own = get_object(state, "tags")
        observed["tags"] = {
            name: value
            for name, value in current.items()
            if cloud.default_tags.get(name) != value or name in own
        }
    return observed


def _outputs(
    resource: Resource, cloud: Cloud, resource_id: str, inputs: State, state: State | None = None
) -> State:
    known = {**(state or {}), **inputs}
    observed = observe(resource, cloud, resource_id, known)
    if observed is None:
        raise NotFound("read", "", f"{resource_id} does not exist just after it was written")
    return _keep_form(resource, {**_unread_properties(resource, inputs), **observed}, inputs)


def _partial_outputs(resource: Resource, cloud: Cloud, resource_id: str, inputs: State) -> State:
    """Return the outputs of an incomplete resource, or its inputs if AWS cannot be read."""
    try:
        return _outputs(resource, cloud, resource_id, inputs)
    except AwsError:
        return dict(inputs)


def _unread_properties(resource: Resource, known: Mapping[str, Any]) -> State:
    """Return the properties that no read returns, as the program gave them."""
    return {
        name: known[name]
        for name, prop in resource.table.items()
        if prop.local and known.get(name) is not None
    }


def _keep_form(resource: Resource, outputs: State, prior: Mapping[str, Any]) -> State:
    """Return the outputs; a value that equals its earlier form keeps that form."""
    return {
        name: _with_outputs(resource.table[name], prior[name], value)
        if name in resource.table
        and prior.get(name) is not None
        and equal(resource.table[name], prior[name], value)
        else value
        for name, value in outputs.items()
        if value is not None
    }


def _with_outputs(prop: Property, prior: Any, value: Any) -> Any:
    """Return the earlier form of an equal value, with what AWS decides in it."""
    if prop.kind is not Kind.BLOCK:
        return prior
    earlier: State = dict(prior)
    now: State = dict(value or {})
    decided = {
        name: now[name]
        for name, field in prop.fields.items()
        if name in now and (field.output or (field.computed and earlier.get(name) is None))
    }
    return {**earlier, **decided}


def _without_outputs(prop: Property, value: Any) -> Any:
    """Return the value without the fields that a program cannot set."""
    if prop.kind is Kind.BLOCK and isinstance(value, Mapping):
        fields = inputs_of(prop.fields)
        given = cast("Mapping[str, Any]", value)
        return {name: _without_outputs(fields[name], item) for name, item in given.items() if name in fields}
    return value


def _inputs_from_outputs(resource: Resource, outputs: State, olds: State | None) -> State:
    """Return the inputs that describe the outputs; a property that the program omits only if it differs."""
    inputs: State = {name: value for name, value in (olds or {}).items() if name not in resource.table}
    for name, prop in inputs_of(resource.table).items():
        old, now = (olds or {}).get(name), outputs.get(name)
        if prop.local or (old is not None and equal(prop, old, now)):
            now = old
        elif olds is not None and old is None and equal(prop, None, now):
            continue
        if now is not None and (old is not None or not is_empty(now)):
            inputs[name] = _without_outputs(prop, now)
    return inputs


def _check_region(cloud: Cloud, inputs: State) -> None:
    region = inputs.get("region")
    if region not in (None, cloud.region):
        raise AwsError(
            "region",
            "",
            f"the local AWS supports one Region for each provider: {region!r} is not {cloud.region!r}",
        )

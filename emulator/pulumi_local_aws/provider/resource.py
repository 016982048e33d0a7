"""Define a resource type: its table of properties, and how it is created, read, updated and deleted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.convert import changes_to_api, from_api, to_api
from pulumi_local_aws.provider.facts import Overrides, build_table
from pulumi_local_aws.provider.schema import Table
from pulumi_local_aws.provider.tagging import Tagging

State = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class AutoName:
    """The property that gets the name `NAME-<7 hex digits>` if the program gives none.

    Two resources cannot hold a name that the program fixes at the same time, so a replacement deletes the
    old one first. pulumi-aws does so even if the name is what changes. With `random=False` the name is the
    resource's name in the program, without digits, and a replacement creates the new one first.
    """

    property: str = "name"
    random: bool = True
    lower: bool = False


class Resource:
    """A resource type, driven by its table; a type with special steps overrides those steps.

    `keys` maps the parameters that address one resource to properties (`id` is the resource's id).
    """

    token: ClassVar[str] = ""
    service: ClassVar[str]
    overrides: ClassVar[Overrides] = {}
    table: ClassVar[Table]
    autoname: ClassVar[AutoName | None] = None
    tagging: ClassVar[Tagging | None] = None
    keys: ClassVar[Mapping[str, str]] = {}
    create_operation: ClassVar[str] = ""
    read_operation: ClassVar[str] = ""
    update_operation: ClassVar[str] = ""
    delete_operation: ClassVar[str] = ""
    id_member: ClassVar[str] = ""

    # Properties whose value shapes the create call: the call is not checked while one is unknown.
    shaping: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Build the table of a type from the record; a base class of types has no token."""
        if cls.token:
            cls.table = build_table(cls.token, cls.overrides, cls.autoname.property if cls.autoname else "")

    def finish_name(self, name: str, inputs: State) -> str:  # noqa: ARG002
        """Return the automatic name as this type needs it, with a suffix for example."""
        return name

    def create_request(self, inputs: State) -> dict[str, Any]:
        """Return the create call's parameters; pure, so that a preview can check them."""
        return to_api(self.inputs_table, inputs)

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """Yield what AWS or pulumi-aws refuses beyond the call's model, as (property, reason)."""
        yield from ()

    def create(self, cloud: Cloud, inputs: State) -> str:
        """Create the resource and return its id. Later steps that may fail belong in `complete`."""
        tags = self.tag_parameters(cloud, inputs)
        answer = cloud.call(self.service, self.create_operation, **self.create_request(inputs), **tags)
        return str(answer[self.id_member])

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        """Complete a new resource. After a failure here it stays in the state, and the next `up` retries."""

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        """Return the properties that AWS has now, or None if the resource does not exist."""
        try:
            answer = cloud.call(self.service, self.read_operation, **self.address(resource_id, state))
        except NotFound:
            return None
        return self.outputs(cloud, resource_id, state, answer)

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:  # noqa: ARG002
        """Return the properties in the read call's response."""
        keys = {name: state[name] for name in self.keys.values() if name != "id" and name in state}
        return {**keys, **from_api(self.table, answer)}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        """Set the changed properties, those that differ from AWS's values, to their new values."""
        parameters = self.changes(news, changed)
        if parameters:
            address = self.address(resource_id, {**state, **news})
            cloud.call(self.service, self.update_operation, **{**parameters, **address})

    def changes(self, news: State, changed: set[str]) -> dict[str, Any]:
        """Return the update call's parameters; a removed property is reset to its default."""
        return changes_to_api({name: self.inputs_table[name] for name in self.sent(changed)}, news)

    def sent(self, changed: set[str]) -> set[str]:
        """Return the properties that the update call sends: the changed ones, or more if required."""
        return changed & set(self.inputs_table)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        """Delete the resource. The caller treats NotFound as success."""
        cloud.call(self.service, self.delete_operation, **self.address(resource_id, state))

    def locate(self, import_id: str) -> tuple[str, State]:
        """Return the id and the addressing properties in an import id, as pulumi-aws documents its form.

        By default the form is the id alone, or the keys' values in order, separated by slashes.
        """
        names = list(self.keys.values())
        if names in ([], ["id"]):
            return import_id, {}
        parts = import_id.split("/")
        if len(parts) != len(names):
            form = "/".join(names)
            raise AwsError("import", "", f"{import_id!r} is not of the form {form}")
        found = dict(zip(names, parts, strict=True))
        resource_id = found.pop("id", import_id)
        return resource_id, dict(found)

    def wanted_tags(self, default_tags: Mapping[str, str], inputs: Mapping[str, Any]) -> dict[str, str]:
        """Return the provider's default tags, overridden by the program's tags."""
        return {**default_tags, **(inputs.get("tags") or {})}

    def tag_parameters(self, cloud: Cloud, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the create call's parameters for the tags; empty if the call takes no tags."""
        wanted = self.wanted_tags(cloud.default_tags, inputs)
        if self.tagging is None or not wanted or not self.tagging.create:
            return {}
        return {self.tagging.create: self.tagging.shape(wanted)}

    def address(self, resource_id: str, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters that address this resource."""
        return {
            parameter: resource_id if name == "id" else state[name] for parameter, name in self.keys.items()
        }

    @property
    def inputs_table(self) -> Table:
        """The properties that calls send: no outputs, no local ones, no tags."""
        return {
            name: prop
            for name, prop in self.table.items()
            if not (prop.output or prop.local or (self.tagging and name == "tags"))
        }

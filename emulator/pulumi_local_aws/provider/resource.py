"""What a resource type is: its table of properties, and how it is created, read, updated and deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.convert import changes_to_api, from_api, to_api
from pulumi_local_aws.provider.schema import Table, mapping, output, text
from pulumi_local_aws.provider.tagging import Tagging

State = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class AutoName:
    """The property that is named `NAME-<7 hex digits>` where the program names nothing.

    A name that the program fixes cannot be held by two resources at once, so a replacement then deletes
    first: in pulumi-aws also where the name is what changes. `random` is not for a name that is the
    program's own anyway; two of those at once are no matter.
    """

    property: str = "name"
    random: bool = True
    lower: bool = False


class Resource:
    """A resource type, by tables; one with quirks overrides the steps that have them.

    `keys` maps the parameters that address one resource to properties (`id` is the resource's id).
    """

    token: ClassVar[str]
    service: ClassVar[str]
    table: ClassVar[Table]
    autoname: ClassVar[AutoName | None] = None
    tagging: ClassVar[Tagging | None] = None
    keys: ClassVar[Mapping[str, str]] = {}
    create_operation: ClassVar[str] = ""
    read_operation: ClassVar[str] = ""
    update_operation: ClassVar[str] = ""
    delete_operation: ClassVar[str] = ""
    id_member: ClassVar[str] = ""

    # Properties whose value shapes the create call: while one is unknown, the call cannot be checked.
    shaping: ClassVar[tuple[str, ...]] = ()

    def finish_name(self, name: str, inputs: State) -> str:  # noqa: ARG002
        """The automatic name as this type needs it (a suffix, say)."""
        return name

    def create_request(self, inputs: State) -> dict[str, Any]:
        """The create call's parameters; pure, so that a preview can check them."""
        return to_api(self.inputs_table, inputs)

    def create(self, cloud: Cloud, inputs: State) -> str:
        """Create it; its id. Steps that may fail after that belong in `complete`."""
        tags = self.tag_parameters(cloud, inputs)
        answer = cloud.call(self.service, self.create_operation, **self.create_request(inputs), **tags)
        return str(answer[self.id_member])

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        """What a new resource still needs; a failure here leaves it in the state, to be mended."""

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        """Everything that AWS tells of it now, or None where it is gone."""
        try:
            answer = cloud.call(self.service, self.read_operation, **self.address(resource_id, state))
        except NotFound:
            return None
        return self.outputs(cloud, resource_id, state, answer)

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:  # noqa: ARG002
        """The properties that the read call's answer tells."""
        keys = {name: state[name] for name in self.keys.values() if name != "id" and name in state}
        return {**keys, **from_api(self.table, answer)}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        """Bring the changed properties (those that differ from what AWS has) to their new values."""
        parameters = self.changes(news, changed)
        if parameters:
            address = self.address(resource_id, {**state, **news})
            cloud.call(self.service, self.update_operation, **{**parameters, **address})

    def changes(self, news: State, changed: set[str]) -> dict[str, Any]:
        """The update call's parameters; a property that was taken out goes back to its default."""
        return changes_to_api({name: self.inputs_table[name] for name in self.sent(changed)}, news)

    def sent(self, changed: set[str]) -> set[str]:
        """The properties that the update call takes: those that changed, or more where it wants more."""
        return changed & set(self.inputs_table)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        """Delete it; NotFound is fine, the caller takes it as done."""
        cloud.call(self.service, self.delete_operation, **self.address(resource_id, state))

    def locate(self, import_id: str) -> tuple[str, State]:
        """The id and the addressing properties in an import id, as pulumi-aws documents it.

        By default the id alone, or the keys' values in order with slashes between.
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

    def wanted_tags(self, cloud: Cloud, inputs: Mapping[str, Any]) -> dict[str, str]:
        """The program's tags over the provider's default tags."""
        return {**cloud.default_tags, **(inputs.get("tags") or {})}

    def tag_parameters(self, cloud: Cloud, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The create call's parameters for the tags, where it takes them."""
        wanted = self.wanted_tags(cloud, inputs)
        if self.tagging is None or not wanted or not self.tagging.create:
            return {}
        return {self.tagging.create: self.tagging.shape(wanted)}

    def address(self, resource_id: str, state: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters that address this resource."""
        return {
            parameter: resource_id if name == "id" else state[name] for parameter, name in self.keys.items()
        }

    @property
    def inputs_table(self) -> Table:
        """The properties that go into calls: no outputs, none that `local` keeps here, no tags."""
        return {
            name: prop
            for name, prop in self.table.items()
            if not (prop.output or prop.local or (self.tagging and name == "tags"))
        }


TAGS: Table = {"tags": mapping(), "tagsAll": output(mapping().kind)}
REGION: Table = {"region": text(computed=True, local=True, replace=True)}

"""Define Route 53's public hosted zones and their records."""

import re
import uuid
from collections.abc import Iterator
from typing import Any, cast

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging

# Each routing policy, and AWS's member for its fields.
_POLICIES = {
    "failoverRoutingPolicies": {"type": "Failover"},
    "latencyRoutingPolicies": {"region": "Region"},
    "weightedRoutingPolicies": {"weight": "Weight"},
}
_GEOLOCATION = {"continent": "ContinentCode", "country": "CountryCode", "subdivision": "SubdivisionCode"}
_QUOTED = frozenset({"TXT", "SPF"})


class ZoneTagging(Tagging):
    """A zone's tagging: one call adds and removes."""

    def read(self, cloud: Cloud, resource_id: str, outputs: Any) -> dict[str, str]:
        where = {"ResourceType": "hostedzone", "ResourceId": resource_id}
        return self.plain(cloud.call("route53", "ListTagsForResource", **where)["ResourceTagSet"]["Tags"])

    def apply(self, cloud: Cloud, resource_id: str, outputs: Any, wanted: Any) -> None:
        current = get_object(outputs, "tagsAll")
        removed = [name for name in current if name not in wanted]
        added = {name: value for name, value in wanted.items() if current.get(name) != value}
        if removed or added:
            cloud.call(
                "route53",
                "ChangeTagsForResource",
                ResourceType="hostedzone",
                ResourceId=resource_id,
                AddTags=self.shape(added) or None,
                RemoveTagKeys=removed or None,
            )


class Zone(Resource):
    """A public hosted zone. Route 53 has no Regions."""

    token = "aws:route53/zone:Zone"
    service = "route53"
    autoname = AutoName()
    tagging = ZoneTagging(
        service="route53",
        address="ResourceId",
        by="id",
        as_list=True,
        create="",
        list_operation="ListTagsForResource",
    )
    keys = {"Id": "id"}
    create_operation = "CreateHostedZone"
    read_operation = "GetHostedZone"
    delete_operation = "DeleteHostedZone"
    overrides = {
        "comment": {"default": "Managed by Pulumi", "because": "pulumi-aws names itself"},
        "forceDestroy": {"local": True},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        return {
            "Name": inputs["name"],
            "CallerReference": uuid.uuid4().hex,
            "HostedZoneConfig": {"Comment": inputs["comment"]},
        }

    def create(self, cloud: Cloud, inputs: State) -> str:
        answer = cloud.call("route53", "CreateHostedZone", **self.create_request(inputs))
        return plain_id(answer["HostedZone"]["Id"])

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        servers = [name.rstrip(".") for name in get_list(get_object(answer, "DelegationSet"), "NameServers")]
        return {
            "arn": cloud.arn("route53", f"hostedzone/{resource_id}", region=False, account=False),
            "comment": get_object(answer["HostedZone"], "Config").get("Comment", ""),
            "name": plain_name(answer["HostedZone"]["Name"]),
            "nameServers": sorted(servers),
            "primaryNameServer": servers[0] if servers else "",
            "zoneId": resource_id,
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if "comment" in changed:
            cloud.call("route53", "UpdateHostedZoneComment", Id=resource_id, Comment=news["comment"])

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        if state.get("forceDestroy"):
            apex = state["name"]
            kept = {(apex, "NS"), (apex, "SOA")}
            records = _records(cloud, resource_id)
            others = [one for one in records if (plain_name(one["Name"]), one["Type"]) not in kept]
            if others:
                _change(cloud, resource_id, [("DELETE", record) for record in others])
        super().delete(cloud, resource_id, state)


class Record(Resource):
    """A record set; its id is `ZONE_NAME_TYPE[_SET]`."""

    token = "aws:route53/record:Record"
    service = "route53"
    overrides = {"allowOverwrite": {"local": True}}

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        if bool(inputs.get("records")) == bool(inputs.get("aliases")):
            yield "records", "exactly one of `records`, `aliases` is required"
        if bool(inputs.get("records")) != (inputs.get("ttl") is not None):
            yield "ttl", "is required with `records`, and only with them"
        policies = [name for name in (*_POLICIES, "geolocationRoutingPolicies") if inputs.get(name)]
        if policies and not inputs.get("setIdentifier"):
            yield "setIdentifier", f"is required with `{policies[0]}`"

    def create(self, cloud: Cloud, inputs: State) -> str:
        zone = inputs["zoneId"]
        record = _record(cloud, inputs)
        _change(cloud, zone, [("UPSERT" if inputs.get("allowOverwrite") else "CREATE", record)])
        parts = [zone, inputs["name"].rstrip(".").lower(), inputs["type"]]
        identifier = inputs.get("setIdentifier")
        return "_".join([*parts, identifier] if identifier else parts)

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        found = _find(cloud, state)
        if found is None:
            return None
        fqdn = plain_name(found["Name"])
        name = state["name"]
        values = [entry["Value"] for entry in get_list(found, "ResourceRecords")]
        alias = found.get("AliasTarget")
        outputs: State = {
            "aliases": [
                {
                    "evaluateTargetHealth": alias["EvaluateTargetHealth"],
                    "name": plain_name(alias["DNSName"]),
                    "zoneId": alias["HostedZoneId"],
                }
            ]
            if alias
            else None,
            "fqdn": fqdn,
            "healthCheckId": found.get("HealthCheckId"),
            "multivalueAnswerRoutingPolicy": found.get("MultiValueAnswer"),
            "name": name,
            "records": [_unquoted(found["Type"], value) for value in values] or None,
            "setIdentifier": found.get("SetIdentifier"),
            "ttl": found.get("TTL"),
            "type": found["Type"],
            "zoneId": state["zoneId"],
            **_policies_from_api(found),
        }
        return {key: value for key, value in outputs.items() if value is not None}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        record = _record(cloud, news)
        if changed & {"type", "setIdentifier"}:
            old = _find(cloud, state)
            deleted = [("DELETE", old)] if old else []
            _change(cloud, news["zoneId"], [*deleted, ("CREATE", record)])
        elif changed - {"allowOverwrite"}:
            _change(cloud, news["zoneId"], [("UPSERT", record)])

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        found = _find(cloud, state)
        if found:
            _change(cloud, state["zoneId"], [("DELETE", found)])

    def locate(self, import_id: str) -> tuple[str, State]:
        match = re.fullmatch(r"([A-Z0-9]+)_(.*)_([A-Z]+)(?:_([^_]+))?", import_id)
        if match is None:
            raise AwsError("import", "", f"{import_id!r} is not of the form zoneId_name_type[_setIdentifier]")
        zone, name, kind, identifier = match.groups()
        return import_id, {"zoneId": zone, "name": name, "type": kind, "setIdentifier": identifier}


def plain_id(zone: str) -> str:
    """Return a zone's id without the path that AWS puts before it."""
    return zone.rpartition("/")[2]


def plain_name(name: str) -> str:
    """Return a name without the last dot, and with the `*` that Route 53 escapes."""
    return name.rstrip(".").replace("\\052", "*").lower()


def _full_name(cloud: Cloud, inputs: State) -> str:
    """Return the record's name with the zone's name at its end."""
    zone = plain_name(cloud.call("route53", "GetHostedZone", Id=inputs["zoneId"])["HostedZone"]["Name"])
    name = plain_name(inputs["name"])
    if not name:
        return zone
    return name if name == zone or name.endswith(f".{zone}") else f"{name}.{zone}"


def _records(cloud: Cloud, zone: str) -> list[Any]:
    return cloud.pages("route53", "ListResourceRecordSets", "ResourceRecordSets", HostedZoneId=zone)


def _find(cloud: Cloud, state: State) -> Any:
    """Return the record set that AWS has, or None."""
    try:
        name = _full_name(cloud, state)
        records = _records(cloud, state["zoneId"])
    except NotFound:
        return None
    wanted = (name, state["type"], state.get("setIdentifier"))
    return next(
        (
            one
            for one in records
            if (plain_name(one["Name"]), one["Type"], one.get("SetIdentifier")) == wanted
        ),
        None,
    )


def _change(cloud: Cloud, zone: str, changes: list[tuple[str, Any]]) -> None:
    batch = {
        "Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes],
        "Comment": "Managed by Pulumi",
    }
    cloud.call("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch=batch)


def _record(cloud: Cloud, inputs: State) -> dict[str, Any]:
    """Return the record set as Route 53 takes it."""
    kind = inputs["type"]
    record: dict[str, Any] = {"Name": _full_name(cloud, inputs), "Type": kind}
    if inputs.get("records"):
        record["ResourceRecords"] = [{"Value": _quoted(kind, value)} for value in inputs["records"]]
    for alias in get_list(inputs, "aliases"):
        record["AliasTarget"] = {
            "DNSName": alias["name"],
            "EvaluateTargetHealth": alias["evaluateTargetHealth"],
            "HostedZoneId": alias["zoneId"],
        }
    for name, member in (
        ("healthCheckId", "HealthCheckId"),
        ("multivalueAnswerRoutingPolicy", "MultiValueAnswer"),
        ("setIdentifier", "SetIdentifier"),
        ("ttl", "TTL"),
    ):
        if inputs.get(name) is not None:
            record[member] = inputs[name]
    for name, fields in _POLICIES.items():
        for policy in get_list(inputs, name):
            record.update({member: policy[field] for field, member in fields.items()})
    for policy in get_list(inputs, "geolocationRoutingPolicies"):
        given = {member: policy.get(field) for field, member in _GEOLOCATION.items()}
        record["GeoLocation"] = {member: value for member, value in given.items() if value}
    return record


def _policies_from_api(record: Any) -> State:
    found: State = {
        name: [{field: record[member] for field, member in fields.items()}]
        for name, fields in _POLICIES.items()
        if all(member in record for member in fields.values())
    }
    where = cast("dict[str, str]", get_object(record, "GeoLocation"))
    if where:
        known = {field: where[member] for field, member in _GEOLOCATION.items() if member in where}
        found["geolocationRoutingPolicies"] = [known]
    return found


def _quoted(kind: str, value: str) -> str:
    return f'"{value}"' if kind in _QUOTED else value


def _unquoted(kind: str, value: str) -> str:
    return value.removeprefix('"').removesuffix('"') if kind in _QUOTED else value


RESOURCES: tuple[type[Resource], ...] = (Zone, Record)

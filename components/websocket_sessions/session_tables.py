"""The DynamoDB tables of the sessions."""

import json
from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, coerce_args
from websocket_sessions.component_options import SessionTablesOptions
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.plain_arguments import PROTECTS, plain_because
from websocket_sessions.tags import Tags, stack_tags

TTL_ATTRIBUTE = "ttl"
DUE_INDEX = "due"
SLOT_MARK = "#"
"""Start of the sort key of a slot in the listeners table (functions/adapters/dynamodb/listener_items.py)."""

_KEYS: dict[str, tuple[str, ...]] = {
    "sessions": ("sessionId:S",),
    "connections": ("connectionId:S",),
    "listeners": ("listenerShard:S", "connectionId:S"),
    "messages": ("logKey:S", "offset:N"),
    "requests": ("requestKey:S",),
    "limits": ("limitKey:S",),
}
"""Partition key, and sort key where there is one, with their types."""

TABLES = tuple(_KEYS)
"""What the tables hold, by which they are named."""
_DUE_KEYS = ("dueShard:S", "dueAt:N")
_WITH_DUE_INDEX = {"sessions": "KEYS_ONLY", "connections": "ALL"}
"""What the index has of each item. A publish changes its session: with the keys alone it writes no index."""
_WITH_STREAM = ("listeners",)


@arguments
class SessionTablesArgs:
    """Arguments of SessionTables."""

    deletion_protection: bool = field(default=True, metadata=plain_because(PROTECTS))
    """Whether AWS and Pulumi refuse to delete the tables."""
    point_in_time_recovery: Input[bool] = True
    """Whether sessions and connections can be restored to any second of the last 35 days. The other tables
    hold what lives an hour or a day."""
    kms_key_arn: Input[str] | None = None
    """The key that encrypts the tables. The roles that use them need it too. By default DynamoDB encrypts
    with a key that AWS owns: that costs nothing, needs no permission, and calls to KMS limit no table."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""


class SessionTables(ComponentResource):
    """Six tables, paid by request, with a TTL each; sessions and connections are indexed by due time."""

    names: dict[str, Output[str]]
    """Table names, by what they hold."""
    arns: dict[str, Output[str]]
    """Table ARNs, by what they hold."""

    def __init__(
        self,
        name: str,
        args: SessionTablesArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[SessionTablesOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:SessionTables", name, None, opts)
        args = coerce_args(SessionTablesArgs, args, options)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)
        self._tags = stack_tags(args.tags)

        self.tables = {key: self._create_table(key, args) for key in _KEYS}

        self.names = {key: table.name for key, table in self.tables.items()}
        self.arns = {key: table.arn for key, table in self.tables.items()}
        self.register_outputs({"names": self.names, "arns": self.arns})

    def due_index_arn(self, table: str) -> Output[str]:
        """Return the ARN of a table's index by due time."""
        return self.arns[table].apply(lambda arn: f"{arn}/index/{DUE_INDEX}")

    @property
    def listener_stream_arn(self) -> Output[str]:
        """The stream of what changes in the listeners table."""
        return self.tables["listeners"].stream_arn

    def stream_counts_to(self, handler: LambdaHandler) -> aws.lambda_.EventSourceMapping:
        """Send slots that were taken or became free to a function, gathered for a second.

        The function counts what is there now, so records that cannot be handled in a minute are dropped.
        """
        pattern = {"dynamodb": {"Keys": {"connectionId": {"S": [{"prefix": SLOT_MARK}]}}}}
        return aws.lambda_.EventSourceMapping(
            f"{self._name}-counts",
            event_source_arn=self.listener_stream_arn,
            function_name=handler.target_arn,
            starting_position="LATEST",
            batch_size=100,
            maximum_batching_window_in_seconds=1,
            maximum_record_age_in_seconds=60,
            maximum_retry_attempts=2,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            filter_criteria=aws.lambda_.EventSourceMappingFilterCriteriaArgs(
                filters=[aws.lambda_.EventSourceMappingFilterCriteriaFilterArgs(pattern=json.dumps(pattern))]
            ),
            tags=self._tags,
            opts=ResourceOptions(parent=self, depends_on=[handler.policy]),
        )

    def _create_table(self, key: str, args: SessionTablesArgs) -> aws.dynamodb.Table:
        hash_key, range_key = _attribute(_KEYS[key][0]), _attribute(_KEYS[key][1]) if _KEYS[key][1:] else None
        indexed = key in _WITH_DUE_INDEX
        declared = (*_KEYS[key], *(_DUE_KEYS if indexed else ()))
        return aws.dynamodb.Table(
            f"{self._name}-{key}",
            attributes=[
                aws.dynamodb.TableAttributeArgs(name=_attribute(item), type=item.rpartition(":")[2])
                for item in declared
            ],
            hash_key=hash_key,
            range_key=range_key,
            billing_mode="PAY_PER_REQUEST",
            global_secondary_indexes=[_due_index(_WITH_DUE_INDEX[key])] if indexed else None,
            ttl=aws.dynamodb.TableTtlArgs(attribute_name=TTL_ATTRIBUTE, enabled=True),
            stream_enabled=True if key in _WITH_STREAM else None,
            stream_view_type="NEW_AND_OLD_IMAGES" if key in _WITH_STREAM else None,
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(
                enabled=args.point_in_time_recovery if indexed else False
            ),
            server_side_encryption=None
            if args.kms_key_arn is None
            else aws.dynamodb.TableServerSideEncryptionArgs(enabled=True, kms_key_arn=args.kms_key_arn),
            deletion_protection_enabled=args.deletion_protection,
            tags=self._tags,
            opts=ResourceOptions(parent=self, protect=args.deletion_protection or None),
        )


def _due_index(projection: str) -> aws.dynamodb.TableGlobalSecondaryIndexArgsDict:
    """Return the index by due time, with `hash_key` and `range_key`.

    With their successor `key_schemas`, the plugin finds a difference in each preview
    (https://github.com/hashicorp/terraform-provider-aws/issues/46513). A dictionary logs no deprecation.
    """
    hash_key, range_key = map(_attribute, _DUE_KEYS)
    return {
        "name": DUE_INDEX,
        "hash_key": hash_key,
        "range_key": range_key,
        "projection_type": projection,
    }


def _attribute(declared: str) -> str:
    return declared.partition(":")[0]

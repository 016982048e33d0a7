"""Refuses invocations by services of AWS that no policy allows; MiniStack does not ask the policies.

The function's resource policy decides for SNS subscriptions, S3 notifications, EventBridge rules, and HTTP
APIs with their authorizers. The role decides for schedules and for targets with a role. The gateway does the
same for WebSocket APIs. It runs in MiniStack's own virtual environment, so it imports the standard library
only. A service is a `Module` of `guarded_ministack.py`.

Sources: AWS Lambda Developer Guide, "Granting Lambda function access to AWS services"; Amazon EventBridge
User Guide, "Using identity-based policies" and "Setting up Amazon EventBridge Scheduler".
"""

import json
import logging
from collections.abc import Callable
from typing import Any

_LOGGER = logging.getLogger("local-aws")
_REFUSED = json.dumps({"message": "Internal Server Error"}).encode()
_JSON = {"Content-Type": "application/json"}

Function = Callable[..., Any]


class FunctionPolicies:
    """The policies that let services invoke MiniStack's functions, evaluated by MiniStack's own evaluator."""

    def __init__(self, functions: Any, evaluator: Any, responses: Any) -> None:
        """Take modules of MiniStack: Lambda's, IAM's evaluator, and the request's account and Region."""
        self._record = functions.get("_get_base_func_record_for_ref")
        self._role_policies = evaluator.get("_gather_role_policies")
        self._context_class = evaluator.get("EvalContext")
        self._evaluate = evaluator.get("evaluate")
        self._evaluate_resource_policy = evaluator.get("evaluate_resource_policy")
        self._account = responses.get("get_account_id")
        self._region = responses.get("get_region")

    def allow(self, service: str, source_arn: str, function_arn: str, role_arn: str | None) -> bool:
        """Return whether a service, or its role, may invoke the function for a source; log it if not.

        A function that does not exist counts as allowed, because MiniStack reports it.
        """
        record = self._record(function_arn)[0]
        if not record:
            return True
        if role_arn:
            return self._allow_role(role_arn, source_arn, function_arn)
        source = {"aws:sourcearn": source_arn, "aws:sourceaccount": self._account()}
        context = self._context(function_arn, "*", "Service", source)
        principal = f"{service}.amazonaws.com"
        found = self._evaluate_resource_policy(record["policy"], context, service=principal)
        if found.decision == "Allow":
            return True
        _LOGGER.warning(
            "refused: the resource policy of %s does not let %s invoke it for %s",
            function_arn,
            principal,
            source_arn,
        )
        return False

    def _allow_role(self, role_arn: str, source_arn: str, function_arn: str) -> bool:
        account = self._account()
        policies = self._role_policies(role_arn.rpartition("/")[2], account)
        context = self._context(function_arn, role_arn, "AssumedRole", {})
        if self._evaluate(context, policies).decision == "Allow":
            return True
        _LOGGER.warning("refused: %s may not invoke %s for %s", role_arn, function_arn, source_arn)
        return False

    def enforce_for_topics(self, sns: Any) -> None:
        """Deliver no notification of a topic that the policy does not allow."""

        def guarded(deliver: Function) -> Function:
            def call(endpoint: str, envelope: str, topic_arn: str, *rest: Any) -> Any:
                if self.allow("sns", topic_arn, endpoint, None):
                    return deliver(endpoint, envelope, topic_arn, *rest)
                return None

            return call

        sns.wrap("_deliver_to_lambda", guarded)

    def enforce_for_buckets(self, s3: Any) -> None:
        """Deliver no notification of a bucket that the policy does not allow."""

        def guarded(deliver: Function) -> Function:
            def call(function_arn: str, event: Any, *rest: Any) -> Any:
                if self.allow("s3", event["Records"][0]["s3"]["bucket"]["arn"], function_arn, None):
                    return deliver(function_arn, event, *rest)
                return None

            return call

        s3.wrap("_deliver_event_to_lambda", guarded)

    def enforce_for_rules_and_schedules(self, eventbridge: Any) -> None:
        """Invoke no target that the policy or the target's role does not allow."""

        def guarded(invoke: Function) -> Function:
            def call(target: Any, event: Any, rule: Any, *rest: Any, **more: Any) -> Any:
                arn: str = target.get("Arn", "")
                if not _is_function(arn) or self.allow("events", rule["Arn"], arn, target.get("RoleArn")):
                    return invoke(target, event, rule, *rest, **more)
                return None

            return call

        eventbridge.wrap("_invoke_target", guarded)

    def enforce_for_http_apis(self, apigatewayv2: Any) -> None:
        """Refuse routes and authorizers that the policy or the configured role does not allow."""
        function_of = apigatewayv2.get("_extract_lambda_ref_from_integration_uri")

        def guarded(invoke: Function) -> Function:
            async def call(
                integration: Any, api_id: str, stage: str, path: str, method: str, *rest: Any, **more: Any
            ) -> Any:
                route_key = rest[3] if len(rest) > 3 else more.get("route_key", "$default")
                _, _, route_path = str(route_key).partition(" ")
                source = self._api_arn(api_id, f"{stage}/{method}{route_path}" if route_path else route_key)
                function_arn = function_of(integration.get("integrationUri", ""))
                if self.allow("apigateway", source, function_arn, integration.get("credentialsArn")):
                    return await invoke(integration, api_id, stage, path, method, *rest, **more)
                return 500, dict(_JSON), _REFUSED

            return call

        def guarded_authorizer(invoke: Function) -> Function:
            async def call(authorizer: Any, event: Any, *rest: Any) -> Any:
                api_id = event["requestContext"]["apiId"]
                source = self._api_arn(api_id, f"authorizers/{authorizer['authorizerId']}")
                function_arn = function_of(authorizer.get("authorizerUri", ""))
                role_arn = authorizer.get("authorizerCredentialsArn")
                if self.allow("apigateway", source, function_arn, role_arn):
                    return await invoke(authorizer, event, *rest)
                return None

            return call

        apigatewayv2.wrap("_invoke_lambda_proxy", guarded)
        apigatewayv2.wrap("_invoke_request_authorizer_lambda", guarded_authorizer)

    def _context(self, function_arn: str, principal: str, kind: str, source: dict[str, str]) -> Any:
        return self._context_class(
            principal_arn=principal,
            principal_type=kind,
            principal_account="" if kind == "Service" else self._account(),
            action="lambda:InvokeFunction",
            resource_arn=function_arn,
            region=self._region(),
            service_context=source,
        )

    def _api_arn(self, api_id: str, resource: str) -> str:
        region, account = self._region(), self._account()
        return f"arn:aws:execute-api:{region}:{account}:{api_id}/{resource}"


def _is_function(arn: str) -> bool:
    return arn.split(":")[2:3] == ["lambda"]

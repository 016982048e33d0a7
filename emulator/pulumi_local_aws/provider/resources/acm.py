"""Define ACM's certificates and the wait for their validation."""

from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.convert import get_list
from pulumi_local_aws.provider.resource import Resource, State
from pulumi_local_aws.provider.tagging import Tagging


class Certificate(Resource):
    """A certificate that ACM issues; its id is its ARN. The emulator issues it at once."""

    token = "aws:acm/certificate:Certificate"
    service = "acm"
    tagging = Tagging(
        service="acm",
        address="CertificateArn",
        as_list=True,
        list_operation="ListTagsForCertificate",
        tag_operation="AddTagsToCertificate",
        untag_operation="RemoveTagsFromCertificate",
    )
    keys = {"CertificateArn": "id"}
    id_member = "CertificateArn"
    create_operation = "RequestCertificate"
    read_operation = "DescribeCertificate"
    delete_operation = "DeleteCertificate"
    overrides = {
        "arn": {"api": "CertificateArn"},
        "domainName": {
            "computed": False,
            "required": True,
            "because": "only certificates that ACM issues are supported",
        },
    }

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        certificate = answer["Certificate"]
        options = get_list(certificate, "DomainValidationOptions")
        names: list[str] = get_list(certificate, "SubjectAlternativeNames")
        # ACM adds the domain itself to its alternative names, as pulumi-aws does in its comparison.
        given = get_list(state, "subjectAlternativeNames")
        same = bool(given) and {*given, certificate["DomainName"]} == set(names)
        response = {**certificate, "SubjectAlternativeNames": given if same else names}
        if not response.get("Options"):
            response.pop("Options", None)
        found = super().outputs(cloud, resource_id, state, response)
        methods = {option.get("ValidationMethod") for option in options}
        records = [(option, option["ResourceRecord"]) for option in options if option.get("ResourceRecord")]
        return {
            **found,
            "domainValidationOptions": [
                {
                    "domainName": option["DomainName"],
                    "resourceRecordName": record["Name"],
                    "resourceRecordType": record["Type"],
                    "resourceRecordValue": record["Value"],
                }
                for option, record in records
            ],
            "pendingRenewal": False,
            "validationEmails": [
                email for option in options for email in get_list(option, "ValidationEmails")
            ],
            "validationMethod": next(iter(methods - {None}), None) or state.get("validationMethod"),
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if "options" in changed:
            options = self.create_request({"options": news["options"]})["Options"]
            cloud.call("acm", "UpdateCertificateOptions", CertificateArn=resource_id, Options=options)


class CertificateValidation(Resource):
    """The wait until ACM has issued a certificate; its id is the time of the issue."""

    token = "aws:acm/certificateValidation:CertificateValidation"
    service = "acm"
    read_operation = "DescribeCertificate"
    overrides = {"certificateArn": {"local": True}, "validationRecordFqdns": {"local": True}}

    def create(self, cloud: Cloud, inputs: State) -> str:
        arn = inputs["certificateArn"]
        _check_records(_describe(cloud, arn), get_list(inputs, "validationRecordFqdns"))
        cloud.wait_until(lambda: _describe(cloud, arn)["Status"] == "ISSUED", f"issuing {arn}")
        return str(_describe(cloud, arn)["IssuedAt"])

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        try:
            certificate = _describe(cloud, state["certificateArn"])
        except NotFound:
            return None
        return {"certificateArn": state["certificateArn"]} if certificate["Status"] == "ISSUED" else None

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        """Leave the certificate as it is."""

    def locate(self, import_id: str) -> tuple[str, State]:
        raise AwsError("import", "", "a certificate's validation cannot be imported")


def _describe(cloud: Cloud, arn: str) -> Any:
    return cloud.call("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]


def _check_records(certificate: Any, names: list[str]) -> None:
    """Raise AwsError if `names` lacks one of the certificate's validation records, as pulumi-aws does."""
    given = {name.rstrip(".") for name in names}
    for option in get_list(certificate, "DomainValidationOptions"):
        record = option.get("ResourceRecord")
        if given and record and record["Name"].rstrip(".") not in given:
            raise AwsError(
                "validate",
                "",
                f"`validationRecordFqdns` lacks {record['Name']!r} of {option['DomainName']}",
            )


RESOURCES: tuple[type[Resource], ...] = (Certificate, CertificateValidation)

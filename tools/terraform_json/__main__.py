"""Write a stack as Terraform JSON, or compare the real AWS provider with this project's own.

    pulumi stack export --show-secrets | python -m tools.terraform_json write FOLDER
    python -m tools.terraform_json compare

`compare` (`make terraform`) deploys the program with every option by this project's provider. Then OpenTofu
or Terraform validates, plans and applies the same resources on an empty MiniStack, and plans again. It needs
`tofu` or `terraform` on PATH, and `terraform-provider-aws` on PATH or in the folder that TERRAFORM_PLUGINS
names.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from pulumi_local_aws.console import progress, run_command, say
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.stack.program_stack import ENDPOINTS
from tools.terraform_json.compare import Difference, changes, compare
from tools.terraform_json.convert import Configuration, Resource, aws_resources, convert
from tools.terraform_json.every_option import deploy, start_ministack
from tools.terraform_json.known import CHANGES, DIFFERENCES
from tools.terraform_json.terraform import (
    Terraform,
    TerraformError,
    TerraformUnavailableError,
    provider_settings,
)

RESOURCES_FILE = "resources.tf.json"


def main() -> int:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(prog="python -m tools.terraform_json", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("compare")
    writer = commands.add_parser("write")
    writer.add_argument("folder", type=Path, help="where the files go")
    writer.add_argument("--program", type=Path, default=Path.cwd(), help="the Pulumi program's folder")
    arguments = parser.parse_args()
    if arguments.command == "write":
        resources = aws_resources(json.load(sys.stdin))
        write(convert(resources, arguments.program.absolute()), arguments.folder)
        say(f"{len(resources)} resources are in {arguments.folder / RESOURCES_FILE}.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return run_comparison(Path(folder))


def write(configuration: Configuration, folder: Path) -> None:
    """Write the resources and the files that they name."""
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps({"resource": configuration.resources}, indent=1)
    (folder / RESOURCES_FILE).write_text(content, encoding="utf-8")
    for name, text in configuration.files.items():
        (folder / name).write_text(text, encoding="utf-8")


def run_comparison(folder: Path) -> int:
    """Deploy by both providers and report what differs. Raises CommandError if one of them fails."""
    try:
        terraform = Terraform.find(folder / "terraform")
    except TerraformUnavailableError as unavailable:
        say(f"Skipped: {unavailable}.")
        return 0
    with progress("Deploying the program with every option by this project's provider"):
        resources, tree = deploy(folder)
    try:
        return _apply(terraform, resources, tree, folder)
    except TerraformError as error:
        raise CommandError(str(error)) from error


def _apply(terraform: Terraform, resources: list[Resource], tree: Path, folder: Path) -> int:
    write(convert(resources, tree), terraform.folder)
    with start_ministack(folder / "empty") as ministack:
        terraform.prepare(provider_settings(ministack.environment, ENDPOINTS))
        say(f"{terraform.version()}: {len(resources)} resources")
        with progress("Validating the resources"):
            terraform.validate()
        with progress("Planning"):
            planned = terraform.plan()
        with progress("Applying"):
            applied = terraform.apply()
        with progress("Planning again"):
            again = terraform.plan()
    created = [one for one in planned["resource_changes"] if one["change"]["actions"] == ["create"]]
    if len(created) != len(resources):
        raise CommandError(f"the plan creates {len(created)} of {len(resources)} resources")
    unexpected = report("Read differently", compare(resources, applied), DIFFERENCES)
    unexpected += report("Changed by a second plan", changes(again), CHANGES)
    return 1 if unexpected else 0


def report(
    title: str, differences: Iterable[Difference], known: Mapping[tuple[str, str], str]
) -> list[Difference]:
    """Print the differences by type and attribute; return those without a known reason."""
    found = list(differences)
    say(f"\n{title}: {len(found)} attributes")
    for (kind, attribute), count in sorted(Counter((one.type, one.attribute) for one in found).items()):
        say(f"  {count:3} {kind}.{attribute}: {known.get((kind, attribute), 'UNEXPECTED')}")
    unexpected = [one for one in found if (one.type, one.attribute) not in known]
    for one in unexpected:
        say(f"  {one.type}.{one.label}.{one.attribute}: {one.ours!r} here, {one.theirs!r} by Terraform")
    return unexpected


if __name__ == "__main__":
    sys.exit(run_command("terraform_json", main))

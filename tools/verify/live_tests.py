"""The end-to-end tests, as `make test-live` runs them."""

import json
import os
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from pulumi_local_aws.files import write_secret
from tools.dev_stack.paths import ROOT
from tools.suites.pytest_runner import count_junit
from tools.verify.observations import Expectation, Observation
from tools.verify.verification import Verification


def live_tests(run: Verification) -> Iterator[Observation]:
    """Run the tests against the stack."""
    expectation = Expectation(
        subject=f"pytest {' '.join(run.sizes.tests)}",
        expected="at least one test passes, none fails",
        source="README.md, Deploying to AWS: `make test-live`",
        consequence="AWS does something that the local AWS does not: correct both, the test stays.",
    )
    outputs, junit = run.stack.folder / "outputs.json", run.stack.folder / "tests.xml"
    write_secret(outputs, json.dumps(run.outputs))
    junit.unlink(missing_ok=True)
    result = run.runner.run(
        "tests",
        [sys.executable, "-m", "pytest", *run.sizes.tests, "-q", f"--junit-xml={junit}"],
        cwd=ROOT,
        environment=os.environ | dict(run.aws) | {"E2E_OUTPUTS": str(outputs)},
    )
    outputs.unlink()
    if not junit.is_file():
        yield expectation.seen(f"no report, exit status {result.returncode}", holds=False)
        return
    total = count_junit(junit)
    failed = [
        f"{case.get('classname')}::{case.get('name')}"
        for case in ET.parse(junit).iter("testcase")  # noqa: S314 - pytest wrote it just now
        if case.find("failure") is not None or case.find("error") is not None
    ]
    yield expectation.seen(
        "; ".join([total.line(), *failed]), holds=result.returncode == 0 and total.passed > 0
    )

"""Starts and stops MiniStack, the local AWS, with IAM enforced.

MiniStack lends its interpreter and site-packages to the Lambdas, so it runs in a virtual environment of its
own, and with an environment of its own: nothing of the project is importable there.
"""

import http.client
import os
import platform
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pulumi_local_aws.cache import ministack_python
from pulumi_local_aws.errors import EmulatorError
from pulumi_local_aws.files import private_folder
from pulumi_local_aws.processes import port_is_free, stop_group, wait_until

DEFAULT_PYTHON = ministack_python()
GUARDED = Path(__file__).with_name("guarded_ministack.py")
"""The script that runs MiniStack behind a guard, with MiniStack's own interpreter."""
DEFAULT_PORT = 4566
HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
READY_PATH = "/_ministack/ready"
START_SECONDS = 60.0
_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "AMD64": "x86_64"}
RETRY_WAITS = ("LAMBDA_ASYNC_RETRY_BASE_SECONDS", "LAMBDA_ASYNC_RETRY_MAX_SECONDS")
"""The wait before the first retry of an asynchronous invocation, which then doubles, and its maximum."""
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", *RETRY_WAITS)


@dataclass(kw_only=True)
class MiniStack:
    """One running MiniStack; its `pid` is also its process group, the Lambda workers included."""

    port: int
    pid: int
    access_key: str
    secret_key: str = field(repr=False)
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def start(
        cls,
        state_dir: Path,
        port: int,
        access_key: str,
        secret_key: str,
        log: Path,
        *,
        python: Path = DEFAULT_PYTHON,
        timeout: float = START_SECONDS,
    ) -> Self:
        """Start MiniStack on 127.0.0.1 and wait until it answers.

        It keeps running when this process ends. The key pair becomes the account's root caller. What it
        writes (Lambda code, temporary files) goes to `state_dir`; its resources live in memory.

        Raises EmulatorError where the port is taken, the virtual environment is missing, the process dies,
        or it is not ready after `timeout` seconds.
        """
        if not python.exists():
            raise EmulatorError(
                f"The local AWS is not installed ({python} is missing): run `local-aws install`."
            )
        if not port_is_free(port, HOST):
            raise EmulatorError(
                f"Port {port} is taken: stop what listens there, or set EMULATOR_PORT to another port."
            )
        scratch = state_dir / "tmp"
        try:
            private_folder(scratch)
            private_folder(log.parent)
            with log.open("wb") as output:
                process = subprocess.Popen(  # noqa: S603
                    [str(python), "-P", str(GUARDED)],
                    cwd=state_dir,
                    env=_environment(scratch, state_dir, port, access_key, secret_key),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            raise EmulatorError(f"The local AWS cannot start: {error}.") from error
        stack = cls(
            port=port,
            pid=process.pid,
            access_key=access_key,
            secret_key=secret_key,
            log=log,
            _process=process,
        )
        stack._wait_until_ready(process, timeout)
        return stack

    @property
    def endpoint_url(self) -> str:
        """Where every service answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What boto3, the AWS CLI and the engine read to reach this stack as its root caller."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def is_ready(self) -> bool:
        """Whether it answers now."""
        return is_ready(self.port)

    def stop(self) -> None:
        """End MiniStack and its Lambda workers; do nothing if they have ended."""
        stop_group(self.pid)
        if self._process is not None:
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_until_ready(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        if not wait_until(lambda: process.poll() is not None or self.is_ready(), timeout):
            self.stop()
            raise EmulatorError(
                f"The local AWS was not ready after {timeout:g} s: see {self.log} ({last_line(self.log)})."
            )
        if process.poll() is not None:
            raise EmulatorError(
                f"The local AWS died while it started: {last_line(self.log)} (all: {self.log})"
            )


def lambda_environment(python: Path = DEFAULT_PYTHON) -> dict[str, str]:
    """Return the runtime and the architecture that functions run on, which is MiniStack's own interpreter.

    Programs that build archives read these variables; empty if MiniStack is not installed.
    """
    try:
        settings = (python.parent.parent / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return {}
    version = re.search(r"^version(?:_info)?\s*=\s*(3\.\d+)", settings, re.MULTILINE)
    machine = platform.machine()
    return {
        **({"EMULATOR_LAMBDA_RUNTIME": f"python{version[1]}"} if version else {}),
        "EMULATOR_LAMBDA_ARCHITECTURE": _ARCHITECTURES.get(machine, machine),
    }


def is_ready(port: int) -> bool:
    """Whether a MiniStack answers on the port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", READY_PATH)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def last_line(log: Path) -> str:
    """The last line of the log that says something."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"


def _environment(
    scratch: Path, state_dir: Path, port: int, access_key: str, secret_key: str
) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        # No host name leads to an Event API here, so its addresses are URLs with a path: `event_apis.py`.
        "APPSYNC_EVENTS_HTTP_HOST_TEMPLATE": f"http://{HOST}:{port}/_aws/appsync/{{api_id}}",
        "APPSYNC_EVENTS_REALTIME_HOST_TEMPLATE": f"ws://{HOST}:{port}/_aws/appsync/{{api_id}}",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(scratch),
        "STATE_DIR": str(state_dir / "state"),
        "S3_DATA_DIR": str(state_dir / "s3"),
        "PYTHONUNBUFFERED": "1",
    }

"""Read the archives and assets of a program. Equal content gives equal bytes."""

import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError
from pulumi_local_aws.provider.values import ARCHIVE, SIGNATURE, Blob

# Zip stores no earlier time; a fixed time makes equal content equal bytes.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o755


def zip_bytes(blob: Blob) -> bytes:
    """Return the archive as a zip: a zip file unchanged, anything else packed in the order of its names.

    Raises AwsError if a file cannot be read or the archive is a URI.
    """
    path = blob.raw.get("path")
    if path and Path(path).suffix in {".zip", ".jar"}:
        return _file(path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(_entries(blob.raw, "")):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = _MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def asset_bytes(blob: Blob) -> bytes:
    """Return the asset's content. Raises AwsError if its file cannot be read or it is a URI."""
    return _asset(blob.raw)


def _entries(raw: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, bytes]]:
    if "assets" in raw:
        for name, item in raw["assets"].items():
            if item[SIGNATURE] == ARCHIVE:
                yield from _entries(item, f"{prefix}{name}/")
            else:
                yield prefix + name, _asset(item)
    elif raw.get("path"):
        yield from _from_path(Path(raw["path"]), prefix)
    else:
        raise AwsError("archive", "", "the local AWS supports archives of files and assets, not of URIs")


def _from_path(path: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield prefix + file.relative_to(path).as_posix(), file.read_bytes()
    elif path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(_file(str(path)))) as archive:
            for name in archive.namelist():
                if not name.endswith("/"):
                    yield prefix + name, archive.read(name)
    else:
        with tarfile.open(fileobj=io.BytesIO(_file(str(path)))) as archive:
            for member in archive.getmembers():
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    yield prefix + member.name, content.read()


def _asset(raw: Mapping[str, Any]) -> bytes:
    if raw.get("path"):
        return _file(raw["path"])
    if "text" in raw:
        return str(raw["text"]).encode()
    raise AwsError("asset", "", "the local AWS supports assets of files and text, not of URIs")


def _file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise AwsError("archive", "", f"cannot read {path}: {error.strerror}") from error

"""Test archives: equal content gives equal bytes in every form."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pulumi_local_aws.provider.archives import zip_bytes
from pulumi_local_aws.provider.cloud import AwsError
from pulumi_local_aws.provider.values import ARCHIVE, ASSET, SIGNATURE, Blob


def _asset(text: str) -> dict[str, str]:
    return {SIGNATURE: ASSET, "text": text}


def _names(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_same_assets_give_the_same_bytes_in_any_order() -> None:
    one = Blob({SIGNATURE: ARCHIVE, "assets": {"b.py": _asset("b"), "a.py": _asset("a")}})
    two = Blob({SIGNATURE: ARCHIVE, "assets": {"a.py": _asset("a"), "b.py": _asset("b")}})
    assert zip_bytes(one) == zip_bytes(two)
    assert _names(zip_bytes(one)) == {"a.py": b"a", "b.py": b"b"}


def test_folders_zips_and_tars_are_read_and_nested(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "x.py").write_text("x")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("z.py", "z")
    with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as archive:
        archive.add(folder / "inner" / "x.py", "t.py")
    nested = {
        name: {SIGNATURE: ARCHIVE, "path": str(path)}
        for name, path in {
            "code": folder,
            "zip": tmp_path / "z.zip",
            "tar": tmp_path / "t.tar.gz",
        }.items()
    }
    made = zip_bytes(Blob({SIGNATURE: ARCHIVE, "assets": nested}))
    assert _names(made) == {"code/inner/x.py": b"x", "zip/z.py": b"z", "tar/t.py": b"x"}
    whole = zip_bytes(Blob({SIGNATURE: ARCHIVE, "path": str(tmp_path / "z.zip")}))
    assert whole == (tmp_path / "z.zip").read_bytes()


def test_a_missing_file_and_an_unsupported_form_are_named(tmp_path: Path) -> None:
    with pytest.raises(AwsError, match=r"cannot read .*gone\.zip"):
        zip_bytes(Blob({SIGNATURE: ARCHIVE, "path": str(tmp_path / "gone.zip")}))
    with pytest.raises(AwsError, match="not of URIs"):
        zip_bytes(Blob({SIGNATURE: ARCHIVE, "uri": "https://example.com/a.zip"}))

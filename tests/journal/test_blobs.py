"""Content-addressed storage."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aarctl.journal.blobs import Blobs
from aarctl.journal.errors import BlobMissing, BlobTooLarge
from aarctl.journal.events import HEAD_BYTES, clean


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def test_storing_twice_leaves_one_file_and_one_name(blobs: Blobs, tmp_path: Path) -> None:
    first = blobs.put(b"hello")
    inode = blobs.path(first).stat().st_ino
    assert blobs.put(b"hello") == first == sha256(b"hello").hexdigest()
    assert blobs.path(first).stat().st_ino == inode
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [blobs.path(first)]


@given(st.binary(max_size=5000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_any_bytes_come_back_also_none_and_invalid_utf8(blobs: Blobs, data: bytes) -> None:
    assert blobs.get(blobs.put(data)) == data


def test_a_missing_blob_is_named(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing, match=r"abababababababab is not in .*restore it"):
        blobs.get("ab" * 32)


@pytest.mark.parametrize("content", [b"", b"not zstd at all", b"\x28\xb5\x2f\xfd"])
def test_an_unreadable_blob_is_refused(blobs: Blobs, content: bytes) -> None:
    name = blobs.put(b"hello")
    blobs.path(name).write_bytes(content)
    with pytest.raises(BlobMissing, match=name[:16]):
        blobs.get(name)


def test_an_altered_blob_is_refused(blobs: Blobs) -> None:
    name = blobs.put(b"hello")
    blobs.path(name).write_bytes(zstandard.ZstdCompressor().compress(b"hullo"))
    with pytest.raises(BlobMissing, match="altered"):
        blobs.get(name)


@pytest.mark.parametrize("says_its_size", [True, False])
def test_a_frame_that_inflates_too_far_is_refused_whether_or_not_it_says_so(
    tmp_path: Path, says_its_size: bool
) -> None:
    blobs = Blobs(tmp_path, max_bytes=1000)
    name = blobs.put(b"small")
    bomb = zstandard.ZstdCompressor(write_content_size=says_its_size).compress(b"0" * 1_000_000)
    blobs.path(name).write_bytes(bomb)
    with pytest.raises(BlobMissing):
        blobs.get(name)


def test_what_no_reader_would_inflate_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(BlobTooLarge, match="1001 bytes, a blob holds 1000"):
        Blobs(tmp_path, max_bytes=1000).put(b"0" * 1001)
    assert not list(tmp_path.iterdir())


@given(st.text(alphabet=st.characters(), max_size=300).map(lambda text: text * 20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_text_is_kept_whole_also_with_lone_surrogates(blobs: Blobs, text: str) -> None:
    kept = blobs.keep(text)
    assert blobs.text(kept) == clean(text)
    assert bool(kept.blob) == (kept.bytes > HEAD_BYTES)
    assert kept.whole == (not kept.blob)


def test_output_that_is_not_utf8_is_kept_in_place_of_each_bad_byte(blobs: Blobs) -> None:
    printed = (b"ok \xff\xfe " * 1000).decode("utf-8", "surrogateescape")
    assert blobs.text(blobs.keep(printed)) == "ok \ufffd\ufffd " * 1000

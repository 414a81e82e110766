"""The door to the disk: what it shows, what it refuses to open, and what a log of it keeps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lstmcheck.source import disk


def old(path: Path) -> None:
    """Give a file a time long past."""
    os.utime(path, ns=(10**18, 10**18))


def test_a_folder_shows_what_can_matter(tmp_path: Path) -> None:
    for name in ("a.py", "b.ipynb", "c.txt", "pyproject.toml", ".gitignore"):
        (tmp_path / name).touch()
    for name in ("inner", "__pycache__", ".git", ".lstmcheck_cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to("inner")
    assert [tuple(entry) for entry in disk.entries(str(tmp_path))] == [
        (".git", True, False),
        (".gitignore", False, False),
        ("a.py", False, False),
        ("b.ipynb", False, False),
        ("inner", True, False),
        ("link", False, True),
        ("pyproject.toml", False, False),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(disk.NotRegular):
            disk.read(str(path))


def test_a_log_keeps_every_answer(tmp_path: Path) -> None:
    file, gone = tmp_path / "a.py", tmp_path / "gone"
    file.write_bytes(b"x = 1\n")
    with disk.logged() as log:
        assert disk.read(str(file)) == b"x = 1\n"
        assert disk.is_file(str(file))
        assert not disk.exists(str(gone))
        with pytest.raises(FileNotFoundError):
            disk.read(str(gone))
        with pytest.raises(FileNotFoundError):
            disk.entries(str(gone))
        disk.entries(str(tmp_path))
        disk.real_path(str(file))
    disk.read(str(file))
    assert log.files[str(file)].digest == disk.digest(b"x = 1\n")
    assert log.kinds == {str(file): disk.FILE, str(gone): disk.NOTHING}
    assert list(log.unread) == list(log.unlisted) == [str(gone)]
    assert list(log.folders) == [str(tmp_path)]
    assert log.links == {str(file): os.path.realpath(file)}
    assert not log.torn


def test_what_was_just_written_has_no_stamp(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"x = 1\n")
    old(file)  # which cannot be done to the time of the status
    with disk.logged() as log:
        disk.read(str(file))
    assert log.files[str(file)].stamp is None


def test_a_log_knows_that_something_changed_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"x = 1\n")
    with disk.logged() as log:
        disk.read(str(file))
        file.write_bytes(b"x = 2\n")
        disk.read(str(file))
    assert log.torn


def test_behind_a_closed_door_is_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"x = 1\n")
    with disk.closed():
        assert disk.kind(str(file)) == disk.NOTHING
        assert disk.target(str(file)) is None
        assert disk.real_path(str(file)) == str(file)
        with pytest.raises(FileNotFoundError):
            disk.read(str(file))
        with pytest.raises(FileNotFoundError):
            disk.entries(str(tmp_path))
    assert disk.is_file(str(file))


@pytest.mark.skipif(not os.path.isfile("/proc/self/status"), reason="needs files that do not know their size")
def test_a_file_that_does_not_know_its_size_is_read_to_its_end() -> None:
    data = disk.read("/proc/self/status")
    assert data.startswith(b"Name:")
    assert data.endswith(b"\n")
    assert len(data) > 100
    assert os.stat("/proc/self/status").st_size == 0

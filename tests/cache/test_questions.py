"""Every kind of question is asked again, and another answer is seen."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from lstmcheck.cache import questions
from lstmcheck.source import disk


def read(path: str) -> None:
    with suppress(OSError):
        disk.read(path)


def entries(path: str) -> None:
    with suppress(OSError):
        disk.entries(path)


def write(path: str, text: str = "") -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    Path(path).write_text(text)


def relink(path: str, to: str) -> None:
    os.unlink(path)
    os.symlink(to, path)


def other_size(path: str) -> None:
    status = os.stat(path)
    write(path, "longer than before")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def same_size(path: str) -> None:
    status = os.stat(path)
    write(path, "y = 2\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def moved_over(path: str) -> None:
    write("new", "y = 2\n")
    os.replace("new", path)


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("a.py", "x = 1\n")
    write("one/model.py", "x = 1\n")
    os.mkdir("two")
    os.link("one/model.py", "two/model.py")  # so that nothing but the way tells them apart
    os.symlink("one", "way")
    os.symlink("one/model.py", "file.py")
    os.symlink("nowhere", "broken.py")


ANSWERS_THAT_CHANGE: dict[str, tuple[Callable[[str], object], str, Callable[[], object]]] = {
    "a file has other contents": (read, "a.py", lambda: write("a.py", "y = 22\n")),
    "of the same size": (read, "a.py", lambda: write("a.py", "y = 2\n")),
    "of the same size and time": (read, "a.py", lambda: same_size("a.py")),
    "of the same time": (read, "a.py", lambda: other_size("a.py")),
    "another file takes its place": (read, "a.py", lambda: moved_over("a.py")),
    "a file is gone": (read, "a.py", lambda: os.unlink("a.py")),
    "a file is a folder": (read, "a.py", lambda: (os.unlink("a.py"), os.mkdir("a.py"))),
    "a file is there": (read, "b.py", lambda: write("b.py")),
    "a folder is a file": (read, "one", lambda: (shutil.rmtree("one"), write("one"))),
    "a file that was linked to": (read, "file.py", lambda: write("one/model.py", "y = 2\n")),
    "a folder has one more": (entries, "one", lambda: write("one/b.py")),
    "a folder has one less": (entries, "one", lambda: os.unlink("one/model.py")),
    "a name in a folder": (entries, "one", lambda: os.rename("one/model.py", "one/other.py")),
    "a file in a folder is a folder": (entries, "one", lambda: (os.unlink("one/model.py"), os.mkdir("one/model.py"))),
    "a file in a folder is a link": (entries, ".", lambda: (os.unlink("a.py"), os.symlink("one/model.py", "a.py"))),
    "a mark in a folder": (entries, "one", lambda: write("one/pyproject.toml")),
    "a folder is gone": (entries, "two", lambda: shutil.rmtree("two")),
    "a folder is there": (entries, "three", lambda: os.mkdir("three")),
    "a file can be listed": (entries, "a.py", lambda: (os.unlink("a.py"), os.mkdir("a.py"))),
    "something is there": (disk.exists, "b.py", lambda: write("b.py")),
    "in a folder that is there": (disk.exists, "one/b.py", lambda: write("one/b.py")),
    "in folders that are not": (disk.exists, "new/er/b.py", lambda: write("new/er/b.py")),
    "at the end of a link": (disk.exists, "broken.py", lambda: write("nowhere")),
    "by another way": (disk.exists, "way/b.py", lambda: (write("two/b.py"), relink("way", "two"))),
    "something is gone": (disk.exists, "a.py", lambda: os.unlink("a.py")),
    "something is a folder": (disk.kind, "a.py", lambda: (os.unlink("a.py"), os.mkdir("a.py"))),
    "a link leads elsewhere": (disk.real_path, "file.py", lambda: relink("file.py", "two/model.py")),
    "a link on the way": (disk.real_path, "way/model.py", lambda: relink("way", "two")),
    "a link on a way that was straight": (
        disk.real_path,
        "one/model.py",
        lambda: (os.rename("one", "three"), os.symlink("three", "one")),
    ),
    "a link where a file was": (disk.real_path, "a.py", lambda: (os.unlink("a.py"), os.symlink("one", "a.py"))),
    "a link says something else": (disk.target, "broken.py", lambda: relink("broken.py", "nowhere/else")),
    "a link is a file": (disk.target, "broken.py", lambda: (os.unlink("broken.py"), write("broken.py"))),
}  # fmt: skip


def asked(ask: Callable[[str], object], path: str, is_old: bool, monkeypatch: pytest.MonkeyPatch) -> questions.Plain:
    """The question as it is kept; about what was there long before, or has just been made."""
    if is_old:
        monkeypatch.setattr(disk, "_COARSE", 0)
        time.sleep(0.02)  # more than the clock's step
    with disk.logged() as log:
        ask(path)
    kept: questions.Plain = json.loads(json.dumps(questions.plain(log)))
    assert not log.torn
    return kept


@pytest.mark.parametrize("is_old", [True, False])
@pytest.mark.parametrize("name", ANSWERS_THAT_CHANGE)
def test_another_answer_is_seen(name: str, is_old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, path, change = ANSWERS_THAT_CHANGE[name]
    kept = asked(ask, path, is_old, monkeypatch)
    assert questions.holds(kept) is not None, "nothing has changed"
    change()
    assert questions.holds(kept) is None


@pytest.mark.parametrize("is_old", [True, False])
@pytest.mark.parametrize(
    ("ask", "path", "change"),
    [
        (read, "a.py", lambda: os.utime("a.py", ns=(10**18, 10**18))),
        (read, "a.py", lambda: write("a.py", "x = 1\n")),
        (read, "a.py", lambda: (write("new", "x = 1\n"), os.replace("new", "a.py"))),
        (entries, ".", lambda: write("notes.txt")),
        (entries, ".", lambda: os.mkdir("__pycache__")),
        (entries, ".", lambda: write(".lstmcheck_cache/run-1.json")),
        (disk.exists, "one/b.py", lambda: write("one/c.py")),
        (disk.exists, "new/b.py", lambda: os.mkdir("newer")),
        (disk.real_path, "one/model.py", lambda: write("one/c.py")),
        (disk.exists, "one/b.py", lambda: shutil.rmtree("one")),
    ],
)
def test_the_same_answer_after_a_change(
    ask: Callable[[str], object],
    path: str,
    change: Callable[[], object],
    is_old: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = asked(ask, path, is_old, monkeypatch)
    change()
    assert questions.holds(kept) is not None


def test_what_was_compared_gets_a_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = asked(read, "a.py", False, monkeypatch)
    assert kept["files"]["a.py"][1] is None
    monkeypatch.setattr(disk, "_COARSE", 0)
    time.sleep(0.02)
    log = questions.holds(kept)
    assert log is not None
    anew = questions.refreshed(kept, log)
    assert anew is not None
    assert anew["files"]["a.py"][1] == os.stat("a.py").st_mtime_ns
    again = questions.holds(anew)
    assert again is not None
    assert not again.files, "nothing is read"
    assert questions.refreshed(anew, again) is None


def test_what_is_not_there_is_asked_of_few_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_COARSE", 0)
    time.sleep(0.02)
    with disk.logged() as log:
        for number in range(100):
            disk.exists(f"one/b{number}.py")
            disk.exists(f"gone/c{number}/__init__.py")
    kept = questions.plain(log)
    assert kept["kinds"] == {}
    assert set(kept["absent"]) == {"one", ""}
    assert kept["absent"][""][1] == ["gone"]

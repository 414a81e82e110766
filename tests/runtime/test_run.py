"""`lstmcheck run`: a program as `python` runs it, however it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

WRONG = """
try:
    nn.GRU(4, 8)(torch.zeros(3, 2, 5))
except RuntimeError:
    pass
"""
HEAD = """
import os, signal, sys
import torch
from torch import nn
torch.set_num_threads(1)
"""


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lstmcheck", "run", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=120,
    )


def script(folder: Path, body: str, name: str = "train.py") -> str:
    (folder / name).write_text(HEAD + textwrap.dedent(body))
    return name


def codes(folder: Path, name: str = "out.json") -> list[str]:
    return [one["code"] for one in json.loads((folder / name).read_text())]


ENDS: dict[str, tuple[str, int]] = {
    "at its end": ("", 1),
    "by an exception": ("raise KeyError('mine')", 1),
    "by sys.exit(0)": ("sys.exit(0)", 1),
    "by sys.exit(3)": ("sys.exit(3)", 1),
    "by os._exit": ("os._exit(5)", 5),
    "by SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    "by SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
}


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of Unix")
@pytest.mark.parametrize("how", ENDS)
def test_findings_are_written_however_it_ends(how: str, tmp_path: Path) -> None:
    body, code = ENDS[how]
    done = run(tmp_path, "-o", "json:out.json", script(tmp_path, f"{WRONG}\n{body}"))
    assert done.returncode == code, done.stderr
    assert codes(tmp_path) == ["LSTM223"]
    assert ("Traceback" in done.stderr) == (how == "by an exception")
    assert "lstmcheck/" not in done.stderr.replace(str(tmp_path), "").partition("Traceback")[2].partition("LSTM223")[0]


def test_the_code_is_the_programs_own_without_findings(tmp_path: Path) -> None:
    assert run(tmp_path, script(tmp_path, "sys.exit(3)")).returncode == 3
    assert run(tmp_path, "--exit-zero", script(tmp_path, f"{WRONG}\nsys.exit(4)")).returncode == 4
    done = run(tmp_path, script(tmp_path, "sys.exit('went wrong')"))
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "went wrong")


def test_a_module_of_a_package(tmp_path: Path) -> None:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "sizes.py").write_text("FEATURES = 5\n")
    body = """
        from .sizes import FEATURES
        print(__name__, __package__, __spec__.name, sys.path[0] == os.getcwd())
        print(os.path.basename(sys.argv[0]), sys.argv[1:])
        nn.LSTM(4, 8)(torch.zeros(3, 2, FEATURES))
        """
    script(package, body, "train.py")
    done = run(tmp_path, "-m", "pkg.train", "--epochs", "3", "-o", "x", "--", "y")
    assert done.stdout == "__main__ pkg pkg.train True\ntrain.py ['--epochs', '3', '-o', 'x', '--', 'y']\n"
    assert done.returncode == 1
    assert "LSTM223 [input-features]" in done.stderr
    assert f"pkg{os.sep}train.py:" in done.stderr


def test_arguments_and_the_first_folder_are_as_with_python(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    body = "print(__name__, __file__ == os.path.abspath('sub/show.py'), sys.argv, os.path.basename(sys.path[0]))"
    script(tmp_path / "sub", body, "show.py")
    done = run(tmp_path, "sub/show.py", "-q", "--help")
    assert done.stdout == "__main__ True ['sub/show.py', '-q', '--help'] sub\n"
    assert done.stderr == "lstmcheck: nothing found: 0 recurrent layers, 0 calls\n"


def test_children_are_the_programs_own_affair(tmp_path: Path) -> None:
    body = f"""
        import multiprocessing

        def child(kind):
            if kind == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            nn.LSTM(4, 8)(torch.zeros(3, 2, 4))
            try:
                nn.LSTM(4, 8)(torch.zeros(3, 2, 7))
            except RuntimeError:
                os._exit(9)

        if __name__ == "__main__":
            for start in ("spawn", "fork"):
                context = multiprocessing.get_context(start)
                for kind in ("killed", "calls"):
                    process = context.Process(target=child, args=(kind,))
                    process.start()
                    process.join()
                    print(start, kind, process.exitcode, flush=True)
            forked = os.fork()
            if not forked:
                sys.exit(0)
            os.waitpid(forked, 0)
            {textwrap.indent(WRONG, " " * 12)}
        """
    (tmp_path / "train.py").write_text(HEAD + textwrap.dedent(body.replace("\n" + " " * 12 + "\n", "\n")))
    done = run(tmp_path, "-o", "json:out.json", "train.py")
    killed, own = f"killed {-signal.SIGKILL}", "calls 9"
    assert done.stdout.splitlines() == [f"{start} {how}" for start in ("spawn", "fork") for how in (killed, own)]
    assert done.returncode == 1
    assert codes(tmp_path) == ["LSTM223"]
    assert done.stderr.count("lstmcheck: ") == 1
    assert json.loads((tmp_path / "out.json").read_text())[0]["message"].startswith("the input has 5 features")


def test_torch_at_construction_call_and_loss_is_explained(tmp_path: Path) -> None:
    body = """
        def attempt(run):
            try:
                run()
            except Exception as error:
                print(type(error).__name__, *(note.split()[1] for note in getattr(error, "__notes__", ())))

        attempt(lambda: nn.LSTM(4, 8, num_layers=0))
        attempt(lambda: nn.LSTM(4, 8, bidirectionnal=True))
        attempt(lambda: nn.LSTM(4, 8)(torch.zeros(3, 2, 5)))
        out, (h, c) = nn.LSTM(4, 8)(torch.zeros(3, 2, 4))
        nn.functional.cross_entropy(out[-1], torch.zeros(3, dtype=torch.long))
        """
    done = run(tmp_path, "-o", "json:out.json", script(tmp_path, body))
    assert done.returncode == 1
    noted = "ValueError LSTM103\nTypeError LSTM101\nRuntimeError LSTM223\n"
    if sys.version_info >= (3, 11):
        assert done.stdout == noted
    assert "cross_entropy" in done.stderr
    assert len(set(codes(tmp_path))) == 4


def test_the_report_as_a_page(tmp_path: Path) -> None:
    ended = run(tmp_path, "-o", "html:found/page.html", script(tmp_path, WRONG))
    page = (tmp_path / "found" / "page.html").read_text()
    assert ended.returncode == 1
    assert page.startswith("<!doctype html>")
    assert "LSTM223" in page
    assert "needs 4 (input_size)" in page


def test_a_package_is_run_by_its_main_module(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "__main__.py").write_text("import sys\nprint(__package__, sys.argv[1:])\n")
    done = run(tmp_path, "-q", "-m", "pkg", "a")
    assert (done.returncode, done.stdout, done.stderr) == (0, "pkg ['a']\n", "")


def test_threads_of_the_program_are_waited_for(tmp_path: Path) -> None:
    body = """
        import threading, time

        def late():
            time.sleep(0.3)
            nn.GRU(4, 8, dropout=0.5)(torch.zeros(3, 2, 4))
            print("late")

        threading.Thread(target=late).start()
        """
    done = run(tmp_path, "-o", "json:out.json", script(tmp_path, body))
    assert done.stdout == "late\n"
    assert codes(tmp_path) == ["LSTM108"]


def test_a_program_that_dies_before_torch_is_there(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("raise KeyError('mine')\n")
    done = run(tmp_path, "train.py")
    assert done.returncode == 1
    assert done.stderr.endswith("KeyError: 'mine'\nlstmcheck: nothing was traced\n")
    assert done.stderr.count("File ") == 1


def test_findings_in_another_format(tmp_path: Path) -> None:
    done = run(tmp_path, "-o", "concise", script(tmp_path, WRONG))
    assert done.returncode == 1
    assert re.match(r"train\.py:\d+:\d+: LSTM223 ", done.stderr)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="-P came with Python 3.11")
def test_where_python_keeps_the_folder_off_the_path(tmp_path: Path) -> None:
    """`python -P` imports nothing that lies beside the script, and so it does here."""
    (tmp_path / "beside.py").write_text("")
    (tmp_path / "train.py").write_text("import beside\n")
    for flags, code in (((), 0), (("-P",), 1)):
        command = [sys.executable, *flags, "-m", "lstmcheck", "run", "-q", "train.py"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == code
        assert ("No module named 'beside'" in done.stderr) == bool(code)


@pytest.mark.parametrize("target", ["html", "html:-"])
def test_a_page_is_not_printed(target: str, tmp_path: Path) -> None:
    ended = run(tmp_path, "-o", target, script(tmp_path, WRONG))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "html needs a file: html:FILE" in ended.stderr


def test_wrong_usage_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "__init__.py").write_text("")
    modules = ("nowhere", "nowhere.at.all", "os.path.nothing", "empty", "sys")
    for arguments in (("nowhere.py",), *(("-m", name) for name in modules)):
        done = run(tmp_path, *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("lstmcheck: ")
        assert len(done.stderr.splitlines()) == 1
        assert "Traceback" not in done.stderr


def test_the_environment_turns_it_off(tmp_path: Path) -> None:
    done = run(tmp_path, script(tmp_path, WRONG + "print('__call__' in vars(nn.LSTM))"), LSTMCHECK_DISABLE="1")
    assert (done.returncode, done.stdout) == (0, "False\n")
    assert done.stderr == "lstmcheck: nothing was traced\n"

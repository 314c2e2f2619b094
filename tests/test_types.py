"""Types, as users' checkers see them: a right program passes, and every mistake in a wrong one is found."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "typed"
MYPY_LINE = re.compile(r"^[^:]*wrong\.py:(\d+): error:")


def check(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, timeout=300, check=False, cwd=HERE
    )


def mypy(program: str, cache: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("mypy")
    options = ("--strict", "--no-error-summary", "--config-file=", "--enable-error-code=ignore-without-code")
    return check("mypy", *options, f"--cache-dir={cache}", program)


def mistakes() -> set[int]:
    lines = (HERE / "wrong.py").read_text(encoding="utf-8").splitlines()
    found = {number for number, line in enumerate(lines, 1) if "# wrong: " in line}
    assert len(found) == 20
    return found


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """What the checker remembers from one program to the next."""
    return tmp_path_factory.mktemp("cache")


def test_mypy_accepts_a_right_program(cache):
    run = mypy("right.py", cache)
    assert (run.stdout, run.returncode) == ("", 0)


def test_mypy_finds_every_mistake_and_no_other(cache):
    run = mypy("wrong.py", cache)
    assert {int(found[1]) for line in run.stdout.splitlines() if (found := MYPY_LINE.match(line))} == mistakes()


def pyright(program: str) -> list[dict]:
    pytest.importorskip("pyright")
    run = check("pyright", "--outputjson", "--pythonpath", sys.executable, program)
    if not run.stdout.startswith("{"):
        pytest.skip("pyright has no Node.js here")
    return [found for found in json.loads(run.stdout)["generalDiagnostics"] if found["severity"] == "error"]


def test_pyright_accepts_a_right_program():
    assert pyright("right.py") == []


def test_pyright_finds_every_mistake_and_no_other():
    assert {found["range"]["start"]["line"] + 1 for found in pyright("wrong.py")} == mistakes()

"""A guard against getting slower that no noise disturbs: how many instructions one step takes, by valgrind's callgrind.

`instructions.py` counts them and compares with `instructions.json`; more than the margin over what is recorded there
fails. `instructions.py --record` records what it counted. The processor that valgrind plays knows no SHA instructions,
so hashing weighs more than it does in truth.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
RECORD = HERE / "instructions.json"
RELEASE = HERE / "rust" / "target" / "release"
MARGIN = 0.08
# Each step is counted over so many, and over twice as many: the difference has no share in starting up.
COUNTS = {"validate": 2_000, "sign": 2_000, "refusal": 2_000, "call": 1_000, "call from Python": 500}


def main() -> int:
    """Count, and compare."""
    if shutil.which("valgrind") is None:
        print("instructions are not counted: there is no valgrind here")
        return 0
    with server() as port:
        counted = {step: count(step, port) for step in COUNTS}
    if "--record" in sys.argv:
        RECORD.write_text(json.dumps(counted, indent=2) + "\n", encoding="utf-8")
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    print(render(counted, recorded))
    slower = [step for step, number in counted.items() if number > recorded[step] * (1 + MARGIN)]
    if slower:
        print(f"slower than recorded by more than {MARGIN:.0%}: {', '.join(slower)}")
    return len(slower)


def render(counted: dict[str, int], recorded: dict[str, int]) -> str:
    """Write the table."""
    lines = ["| step | instructions | recorded |", "|---|---:|---:|"]
    lines += [f"| {step} | {number:,} | {recorded[step]:,} |" for step, number in counted.items()]
    return "\n".join(lines)


@contextmanager
def server() -> Iterator[str]:
    """Run the fast server; give its port."""
    with subprocess.Popen([RELEASE / "server"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def count(step: str, port: str) -> int:
    """How many instructions one step takes."""
    once, twice = (collect(step, times * COUNTS[step], port) for times in (1, 2))
    return round((twice - once) / COUNTS[step])


def collect(step: str, times: int, port: str) -> int:
    """How many instructions a whole process takes that does the step so many times."""
    if step == "call from Python":
        program = [sys.executable, str(HERE / "calls.py"), f"http://127.0.0.1:{port}", str(times)]
    else:
        program = [str(RELEASE / "steps"), step, str(times), port]
    with tempfile.TemporaryDirectory() as folder:
        callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *program]
        run = subprocess.run(callgrind, capture_output=True, text=True, check=True)
    found = re.search(r"Collected : (\d+)", run.stderr)
    assert found, run.stderr
    return int(found[1])


if __name__ == "__main__":
    sys.exit(main())

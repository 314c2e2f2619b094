"""A guard against getting slower that no noise disturbs: how many instructions one step takes, by valgrind's callgrind.

`make bench` compares what it counts with `instructions.json` and fails where a step takes more than the margin over
what is recorded there; `instructions.py --record` records. The processor that valgrind plays knows no SHA instructions,
so hashing weighs more than it does in truth.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import page
from servers import RELEASE, serving

HERE = Path(__file__).parent
RECORD = HERE / "instructions.json"
MARGIN = 0.08
# Each step is counted over so many, and over twice as many: the difference has no share in starting up.
COUNTS = {"validate": 2_000, "sign": 2_000, "refusal": 2_000, "call": 1_000, "call from Python": 500}


def count_all() -> dict[str, int]:
    """How many instructions each step takes; nothing where there is no valgrind."""
    if shutil.which("valgrind") is None:
        return {}
    with serving() as port:
        return {step: count(step, port) for step in COUNTS}


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


def render(counted: dict[str, int]) -> str:
    """Write the table."""
    if not counted:
        return "Instructions were not counted: there is no valgrind here."
    before = recorded()
    return page.table(
        "step | instructions | recorded",
        ([step, f"{number:,}", f"{before.get(step, 0):,}"] for step, number in counted.items()),
    )


def judge(counted: dict[str, int]) -> int:
    """Say which steps have become slower than recorded; give how many."""
    before = recorded()
    slower = [step for step, number in counted.items() if number > before.get(step, 0) * (1 + MARGIN)]
    if slower:
        print(f"\nmore instructions than recorded, by over {MARGIN:.0%}: {', '.join(slower)}", file=sys.stderr)
    return len(slower)


def recorded() -> dict[str, int]:
    """What was counted before."""
    before: dict[str, int] = json.loads(RECORD.read_text(encoding="utf-8"))
    return before


def main() -> int:
    """Count, and record or compare."""
    counted = count_all()
    if sys.argv[1:] == ["--record"] and counted:
        RECORD.write_text(json.dumps(counted, indent=2) + "\n", encoding="utf-8")
    print(render(counted))
    return judge(counted)


if __name__ == "__main__":
    sys.exit(main())

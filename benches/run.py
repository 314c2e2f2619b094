"""Measure everything side by side, and write what was measured into docs/benchmarks.md and its plots.

`make bench` runs this in an environment of its own. Contenders take turns, round by round, so that a machine whose
speed drifts is fair to all of them; what is told is the median of the rounds, and ratios within one run. It ends with
an error where a step takes more instructions than recorded.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import imports
import instructions
import page
from contenders import CONTENDERS
from servers import RELEASE, RUST, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
CALLS = {"vendor": 1_000, "httpx": 1_000, "requests": 1_000, "aiohttp": 6_000, "ours": 20_000}
LIMITS = {"bare hyper loop, 1 in flight": (20_000, 1), "bare hyper loop, 64 in flight": (128_000, 64)}
GOALS = [
    ("sync", "ours, sync", "vendor, sync", 10),
    ("sync, against the bare loop", "ours, sync", "bare hyper loop, 1 in flight", 0.65),
    ("async, 64 in flight", "ours, async, 64 in flight", "vendor, 64 threads", 45),
    ("async, against aiohttp", "ours, async, 64 in flight", "aiohttp, unsigned, 64", 4),
    ("start_many, 64 in flight", "ours, start_many, 64", "vendor, 64 threads", 80),
    ("start_many, against the bare loop", "ours, start_many, 64", "bare hyper loop, 64 in flight", 0.5),
    ("64 threads on one client", "ours, 64 threads", "vendor, 64 threads", 45),
]
STEPS = ["validate", "sign and serialize", "validate, sign and serialize", "read a refusal"]
Sample = dict[str, float]


def main() -> int:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=100_000, help="over how many calls memory is looked at")
    parser.add_argument("--no-page", action="store_true", help="print, but do not write docs/benchmarks.md")
    arguments = parser.parse_args()
    calls = measure_calls([*CONTENDERS, *LIMITS], arguments.rounds)
    imported = imports.measure(arguments.rounds * 4)
    memory = measure_memory(arguments.calls)
    counted = instructions.count_all()
    parts = [
        page.machine(arguments.rounds),
        *tell_calls(calls),
        tell_steps(),
        tell_imports(imported),
        "What `python -X importtime` shows of ours, in microseconds:\n\n```text\n" + imports.importtime() + "\n```",
        tell_memory(memory, arguments.calls),
        *(f"The wheel: {size / 1e6:.2f} MB (goal: at most 3)." for size in wheel_sizes()),
        instructions.render(counted),
    ]
    measured = "\n\n".join(parts)
    print(measured)
    if not arguments.no_page:
        page.write(measured)
        page.plot_calls(calls)
        page.plot_imports(imported)
        page.plot_memory(memory, arguments.calls)
    return instructions.judge(counted)


def measure_calls(names: list[str], rounds: int) -> dict[str, Sample]:
    """Let the contenders take turns; give calls a second and CPU microseconds a call, medians."""
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            samples[name].append(measure(name))
    return {
        name: {key: statistics.median(sample[key] for sample in taken) for key in taken[0]}
        for name, taken in samples.items()
    }


def measure(name: str) -> Sample:
    """Run one contender once, against a server of its own."""
    with serving() as port:
        if name in LIMITS:
            count, in_flight = LIMITS[name]
            result = run([str(RELEASE / "limit"), port, str(count), str(in_flight)])
        else:
            count = next(calls for prefix, calls in CALLS.items() if name.startswith(prefix))
            result = run([sys.executable, str(HERE / "contenders.py"), name, f"http://127.0.0.1:{port}", str(count)])
    done = result.get("calls", count)
    return {"per_second": done / result["wall"], "cpu_us": result["cpu"] / done * 1e6}


def measure_memory(calls: int) -> list[float]:
    """The memory of a client after each tenth of its calls, in MiB."""
    with serving() as port:
        program = [sys.executable, str(HERE / "memory.py"), f"http://127.0.0.1:{port}", str(calls)]
        told = subprocess.run(program, capture_output=True, text=True, check=True)
    seen: list[float] = json.loads(told.stdout)
    return seen


def run(command: list[str]) -> Sample:
    """Give what a program printed."""
    told: Sample = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return told


def tell_calls(calls: dict[str, Sample]) -> Iterator[str]:
    """The speed of each contender, and the ratios that there are goals for."""
    fastest_first = sorted(calls.items(), key=lambda item: -item[1]["per_second"])
    yield page.table(
        "contender | starts a second | CPU microseconds a start",
        ([name, f"{sample['per_second']:,.0f}", f"{sample['cpu_us']:.0f}"] for name, sample in fastest_first),
    )
    yield "![Starts a second](benchmarks.svg)"
    yield page.table(
        "ratio | measured | goal",
        (
            [f"{label}: {one} / {other}", f"{calls[one]['per_second'] / calls[other]['per_second']:.2f}", str(goal)]
            for label, one, other, goal in GOALS
        ),
    )


def tell_steps() -> str:
    """What Criterion found that the core's own steps take; `cargo bench` went before."""
    rows = []
    for step in STEPS:
        estimates = json.loads((RUST / "target" / "criterion" / step / "new" / "estimates.json").read_bytes())
        rows.append([step, f"{estimates['median']['point_estimate'] / 1000:.2f}"])
    return page.table("step of the core (goal: 3 together) | microseconds", rows)


def tell_imports(imported: dict[str, Sample]) -> str:
    """What imports cost."""
    ratio = imported["vendor"]["ms"] / imported["ours"]["ms"]
    rows = ([name, f"{sample['ms']:.1f}", f"{sample['mib']:.1f}"] for name, sample in imported.items())
    return (
        page.table("import | milliseconds | MiB over bare Python", rows)
        + f"\n\nOurs is imported {ratio:.0f} times faster than the vendor's (goals: 15 times, 15 ms, 4 MiB).\n\n"
        + "![Milliseconds of an import](benchmarks-imports.svg)"
    )


def tell_memory(seen: list[float], calls: int) -> str:
    """The memory over many calls."""
    rows = ([f"{calls * (at + 1) // len(seen):,}", f"{mib:.2f}"] for at, mib in enumerate(seen))
    return page.table("calls made | MiB in use", rows) + "\n\n![MiB in use](benchmarks-memory.svg)"


def wheel_sizes() -> list[int]:
    """How large the wheel is, in bytes."""
    return [wheel.stat().st_size for wheel in (HERE.parent / "dist").glob("*.whl")]


if __name__ == "__main__":
    sys.exit(main())

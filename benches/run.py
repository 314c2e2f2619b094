"""Measure everything side by side, and write what was measured into docs/benchmarks.md and its plots.

`make bench` runs this in an environment of its own. Contenders take turns, round by round, so that a machine whose
speed drifts is fair to all of them; what is told is the median of the rounds, and ratios within one run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from contenders import CONTENDERS

HERE = Path(__file__).parent
RUST = HERE / "rust"
DOCS = HERE.parent / "docs"
CALLS = {"vendor": 1_000, "httpx": 1_000, "requests": 1_000, "aiohttp": 6_000, "ours": 20_000}
LIMITS = {"bare hyper loop, 1 in flight": (20_000, 1), "bare hyper loop, 64 in flight": (128_000, 64)}
IMPORTS = {
    "ours": "import huaweicloud_oms",
    "vendor": "from huaweicloudsdkoms.v2 import OmsClient",
    "requests": "import requests",
    "httpx": "import httpx",
    "aiohttp": "import aiohttp",
}
GOALS = [
    ("sync", "ours, sync", "vendor, sync", 10),
    ("sync, against the bare loop", "ours, sync", "bare hyper loop, 1 in flight", 0.65),
    ("async, 64 in flight", "ours, async, 64 in flight", "vendor, 64 threads", 45),
    ("async, against aiohttp", "ours, async, 64 in flight", "aiohttp, unsigned, 64", 4),
    ("64 threads on one client", "ours, 64 threads", "vendor, 64 threads", 45),
    ("start_many, 64 in flight", "ours, start_many, 64", "vendor, 64 threads", 80),
    ("start_many, against the bare loop", "ours, start_many, 64", "bare hyper loop, 64 in flight", 0.5),
]
Sample = dict[str, float]


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", help="a contender; may be given more than once")
    parser.add_argument("--no-page", action="store_true", help="print, but do not write docs/benchmarks.md")
    arguments = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=RUST, check=True)
    names = arguments.only or [*CONTENDERS, *LIMITS]
    calls = measure_calls(names, arguments.rounds)
    imports = measure_imports(arguments.rounds * 4)
    page = render(calls, imports, arguments.rounds)
    print(page)
    if not arguments.no_page:
        write_page(page)
        plot(calls)


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
    target = RUST / "target" / "release"
    with subprocess.Popen([target / "server"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        try:
            if name in LIMITS:
                count, in_flight = LIMITS[name]
                command = [str(target / "limit"), port, str(count), str(in_flight)]
            else:
                count = next(calls for prefix, calls in CALLS.items() if name.startswith(prefix))
                command = [sys.executable, str(HERE / "contenders.py"), name, f"http://127.0.0.1:{port}", str(count)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
        finally:
            server.terminate()
    result = json.loads(run.stdout)
    done = result.get("calls", count)
    return {"per_second": done / result["wall"], "cpu_us": result.get("cpu", 0.0) / done * 1e6}


def measure_imports(rounds: int) -> dict[str, Sample]:
    """How long imports take in milliseconds, medians."""
    program = "import time; t = time.perf_counter(); {statement}\nprint(time.perf_counter() - t)"
    taken: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, statement in IMPORTS.items():
            command = [sys.executable, "-c", program.format(statement=statement)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            taken[name].append(float(run.stdout) * 1000)
    return {name: {"ms": statistics.median(times)} for name, times in taken.items()}


def render(calls: dict[str, Sample], imports: dict[str, Sample], rounds: int) -> str:
    """Write the tables."""
    lines = [
        f"Measured on {platform.platform()}, {processor()}, CPython {platform.python_version()}; medians of {rounds}",
        "interleaved rounds, each contender against a fast local server of its own on the same machine.",
        "",
        "| contender | starts a second | CPU microseconds a start |",
        "|---|---:|---:|",
    ]
    for name, sample in sorted(calls.items(), key=lambda item: -item[1]["per_second"]):
        cpu = f"{sample['cpu_us']:.0f}" if sample["cpu_us"] else ""
        lines.append(f"| {name} | {sample['per_second']:,.0f} | {cpu} |")
    lines += ["", "| ratio | measured | goal |", "|---|---:|---:|"]
    for label, one, other, goal in GOALS:
        if one in calls and other in calls:
            ratio = calls[one]["per_second"] / calls[other]["per_second"]
            lines.append(f"| {label}: {one} / {other} | {ratio:.2f} | {goal} |")
    lines += ["", "| import | milliseconds |", "|---|---:|"]
    for name, sample in imports.items():
        lines.append(f"| {name} | {sample['ms']:.1f} |")
    return "\n".join(lines)


def processor() -> str:
    """The processor's name and how many there are."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return f"{os.cpu_count()} x {names[0] if names else platform.machine()}"


def write_page(measured: str) -> None:
    """Replace what stands between the page's marks."""
    page = DOCS / "benchmarks.md"
    before, begin, rest = page.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, end, after = rest.partition("<!-- end -->")
    page.write_text(f"{before}{begin}{measured}\n{end}{after}", encoding="utf-8")


def plot(calls: dict[str, Sample]) -> None:
    """Draw the contenders' speeds."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "benchmarks"
    from matplotlib import pyplot as plt

    names = sorted(calls, key=lambda name: calls[name]["per_second"])
    colours = ["#c7000b" if name.startswith("ours") else "#8a8f98" for name in names]
    figure, axes = plt.subplots(figsize=(9, 0.4 * len(names) + 1))
    axes.barh(names, [calls[name]["per_second"] for name in names], color=colours)
    axes.set_xscale("log")
    axes.set_xlabel("starts a second (logarithmic)")
    axes.spines[["top", "right"]].set_visible(False)
    for at, name in enumerate(names):
        axes.text(calls[name]["per_second"], at, f" {calls[name]['per_second']:,.0f}", va="center", fontsize=8)
    figure.tight_layout()
    with tempfile.TemporaryDirectory() as folder:
        drawing = Path(folder) / "plot.svg"
        figure.savefig(drawing, metadata={"Date": None})
        (DOCS / "benchmarks.svg").write_bytes(drawing.read_bytes())


if __name__ == "__main__":
    main()

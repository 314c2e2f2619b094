"""The page and the plots that what was measured is written into: docs/benchmarks.md, docs/benchmarks*.svg."""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.axes import Axes

    Sample = dict[str, float]

DOCS = Path(__file__).parent.parent / "docs"
OURS, OTHERS = "#c7000b", "#8a8f98"


def machine(rounds: int) -> str:
    """What everything was measured on."""
    return (
        f"Measured on {platform.platform()}, {processor()}, CPython {platform.python_version()}; medians of {rounds}\n"
        "interleaved rounds, each contender against a fast local server of its own on the same machine."
    )


def processor() -> str:
    """The processor's name and how many there are."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return f"{os.cpu_count()} x {names[0] if names else platform.machine()}"


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A table whose first column is text and whose others are numbers."""
    columns = head.split(" | ")
    lines = [f"| {head} |", "|---|" + "---:|" * (len(columns) - 1)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)


def write(measured: str) -> None:
    """Replace what stands between the page's marks."""
    page = DOCS / "benchmarks.md"
    before, begin, rest = page.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, end, after = rest.partition("<!-- end -->")
    page.write_text(f"{before}{begin}{measured}\n{end}{after}", encoding="utf-8")


def plot_calls(calls: dict[str, Sample]) -> None:
    """Draw the contenders' speeds."""
    names = sorted(calls, key=lambda name: calls[name]["per_second"])
    speeds = [calls[name]["per_second"] for name in names]

    def draw(axes: Axes) -> None:
        bars(axes, names, speeds)
        axes.set_xscale("log")
        axes.set_xlabel("starts a second (logarithmic)")

    save("benchmarks.svg", 0.4 * len(names) + 1, draw)


def plot_imports(imports: dict[str, Sample]) -> None:
    """Draw how long imports take."""
    names = sorted(imports, key=lambda name: -imports[name]["ms"])

    def draw(axes: Axes) -> None:
        bars(axes, names, [imports[name]["ms"] for name in names])
        axes.set_xlabel("milliseconds of an import")

    save("benchmarks-imports.svg", 0.4 * len(names) + 1, draw)


def plot_memory(seen: list[float], calls: int) -> None:
    """Draw the memory of a client over its calls."""

    def draw(axes: Axes) -> None:
        axes.plot([calls * (at + 1) // len(seen) for at in range(len(seen))], seen, color=OURS, marker="o")
        axes.set_ylim(0, max(seen) * 1.3)
        axes.set_xlabel("calls")
        axes.set_ylabel("MiB in use")

    save("benchmarks-memory.svg", 3, draw)


def bars(axes: Axes, names: list[str], values: list[float]) -> None:
    """Draw a bar each, with its number beside it."""
    axes.barh(names, values, color=[OURS if name.startswith("ours") else OTHERS for name in names])
    for at, value in enumerate(values):
        axes.text(value, at, f" {value:,.0f}", va="center", fontsize=8)


def save(name: str, height: float, draw: Callable[[Axes], None]) -> None:
    """Make a drawing that looks the same each time it is made of the same numbers."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "benchmarks"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, height))
    draw(axes)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    # Whole or not at all.
    with tempfile.TemporaryDirectory() as folder:
        drawing = Path(folder) / "plot.svg"
        figure.savefig(drawing, metadata={"Date": None})
        (DOCS / name).write_bytes(drawing.read_bytes())
    plt.close(figure)

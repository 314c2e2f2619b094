"""The runbook notebook runs from its first cell to its last, with a real kernel."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")
pytest.importorskip("matplotlib")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    nbclient = pytest.importorskip("nbclient")

RUNBOOK = Path(__file__).parents[2] / "examples" / "migration_runbook.ipynb"
KEYS = {f"OMS_{side}_{kind}": f"never-shown-{side}-{kind}" for side in ("SRC", "DST") for kind in ("AK", "SK")}

# Jupyter's own packages are not what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def executed():
    """The notebook with its outputs."""
    with pytest.MonkeyPatch.context() as patch:
        for name, key in KEYS.items():
            patch.setenv(name, key)
        notebook = nbformat.read(RUNBOOK, as_version=4)
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return notebook


def outputs(notebook, source):
    """The outputs of the cell that holds this."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and source in cell.source)
    return cell.outputs


def shown(found, kind):
    return "".join(output.data.get(kind, "") for output in found if "data" in output)


def test_it_runs_to_its_end_and_tells_what_is_left(executed):
    left = shown(outputs(executed, "left ="), "text/markdown").splitlines()
    assert len(left) == 3
    assert left[-1].startswith("| 1010 | RUNNING | ")


def test_it_finds_starts_and_retries_what_failed(executed):
    found = shown(outputs(executed, "paused ="), "text/markdown")
    assert all(f"| {task} |" in found for task in (1001, 1007, 1008))
    assert "1009" not in found
    assert "8 of 8 ok" in shown(outputs(executed, "started = "), "text/html")
    assert "7 of 8 ok" in shown(outputs(executed, "ended = "), "text/html")
    assert "TRF.0409" in "".join(output.get("text", "") for output in outputs(executed, "again ="))
    assert "1 of 1 ok" in shown(outputs(executed, "again ="), "text/html")
    assert "COMPLETE" in shown(outputs(executed, "retry_task_group"), "text/html")


def test_it_plots_bytes_over_time(executed):
    assert len(shown(outputs(executed, "axes.step"), "image/png")) > 5000


def test_progress_is_a_bar_of_html_and_no_text_on_red(executed):
    starting = shown(outputs(executed, "started = "), "text/html")
    assert "8 of 8 done, 0 failed" in starting
    assert "task group nightly COMPLETE" in shown(outputs(executed, "retry_task_group"), "text/html")
    assert not any(output.get("name") == "stderr" for cell in executed.cells for output in cell.get("outputs", ()))


def test_it_shows_no_key(executed):
    assert not any(key in str(executed) for key in KEYS.values())


def test_it_is_kept_without_outputs():
    notebook = nbformat.read(RUNBOOK, as_version=4)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells)

"""Importing the package: quick, because it imports nothing that is not needed."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

import huaweicloud_oms as oms

PACKAGE = Path(oms.__file__).parent
COSTLY = {
    *("asyncio", "concurrent", "contextlib", "dataclasses", "datetime", "email", "enum", "functools", "http"),
    *("importlib.metadata", "inspect", "json", "logging", "multiprocessing", "pathlib", "re", "socket", "ssl"),
    *("subprocess", "threading", "tokenize", "traceback", "typing", "typing_extensions", "urllib"),
}


def imported(statement: str) -> set[str]:
    """The modules that a statement imports, beyond those of a bare interpreter."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    run = subprocess.run(
        # Without the site's own start-up files: what they import would hide what the package does.
        [sys.executable, "-S", "-W", "error", "-c", f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); {code}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("name", ["huaweicloud_oms", "huaweicloud_oms.emulator"])
def test_the_import_needs_nothing_but_the_package_itself(name):
    modules = imported(f"import {name}")
    assert "huaweicloud_oms._core" in modules
    others = {module for module in modules if module.split(".")[0] != "huaweicloud_oms"}
    assert others <= {"__future__"}


def test_the_import_has_none_of_the_costly_modules():
    assert not imported("import huaweicloud_oms") & COSTLY


def test_a_client_is_made_without_the_costly_modules():
    statement = "import huaweicloud_oms as o; o.Client(region='cn-north-4', project_id='p', credentials=o.Token('t'))"
    assert not imported(statement) & COSTLY


def test_the_emulator_is_imported_only_when_it_is_asked_for():
    assert not {module for module in imported("import huaweicloud_oms") if "emulator" in module}


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()
    assert (PACKAGE / "_core.pyi").is_file()


def test_the_version_is_the_distributions():
    assert oms.__version__ == importlib.metadata.version("huaweicloud-oms")


def test_the_distribution_needs_no_other():
    assert not [r for r in importlib.metadata.requires("huaweicloud-oms") or [] if "extra ==" not in r]


def test_every_public_name_is_there_and_documented():
    assert len(set(oms.__all__)) == len(oms.__all__)
    for name in set(oms.__all__) - {"REGIONS", "__version__"}:
        assert getattr(oms, name).__doc__, name


def test_a_star_import_gives_the_public_names():
    code = "from huaweicloud_oms import *; import json; print(json.dumps([n for n in dir() if n[0] != '_']))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert set(json.loads(run.stdout)) - {"json"} == {name for name in oms.__all__ if name[0] != "_"}

"""A real Airflow in the checkout's build folder, and a local OMS that its connections lead to."""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
HOME = Path(os.environ.get("OMS_AIRFLOW_HOME", HERE.parents[2] / "build" / "airflow"))

# Airflow reads its settings when it is imported.
shutil.rmtree(HOME, ignore_errors=True)
HOME.mkdir(parents=True)
for name in [name for name in os.environ if name.startswith(("AIRFLOW_", "HUAWEICLOUD_", "CLOUD_SDK_", "HC_"))]:
    del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    # No profile file of whoever runs the tests, and no metadata service: nobody listens there.
    "HOME": str(HOME),
    "HUAWEICLOUD_METADATA_ENDPOINT": "http://127.0.0.1:9",
    "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
    "AIRFLOW__CORE__FERNET_KEY": "5QxGYxzS2pT1nTvM1dVjS3kzKzJ0QmVtYmVyMTIzNDU=",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}

import pytest  # noqa: E402

from huaweicloud_oms.emulator import Emulator, Identity  # noqa: E402

from .support import CONNECTIONS, OMS_AK, OMS_SK, PROJECT, Airflow  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def database():
    """Airflow's own metadata, new for every run of the tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.utils.db import initdb  # noqa: PLC0415

        initdb()


@pytest.fixture
def local(monkeypatch):
    """A local OMS, and connections to it and to the stores."""
    with Emulator(ak=OMS_AK, sk=OMS_SK, project_id=PROJECT, identity=Identity()) as emulator:
        for conn_id, connection in CONNECTIONS(emulator.endpoint).items():
            monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
        yield emulator


@pytest.fixture
def airflow(local, request):
    """What runs operators in a DAG of their own."""
    return Airflow(request.node.name)

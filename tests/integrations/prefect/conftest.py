"""A real Prefect server of the tests' own, and a local OMS that saved blocks lead to."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

HOME = Path(__file__).parents[3] / "build" / "prefect"

# Prefect reads its settings when it is imported.
shutil.rmtree(HOME, ignore_errors=True)
HOME.mkdir(parents=True)
for name in [name for name in os.environ if name.startswith(("PREFECT_", "HUAWEICLOUD_", "CLOUD_SDK_"))]:
    del os.environ[name]
os.environ |= {
    "PREFECT_HOME": str(HOME),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_CLI_COLORS": "false",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}

import pytest
from prefect.settings import PREFECT_API_URL
from prefect.testing.utilities import prefect_test_harness
from pydantic import SecretStr

from huaweicloud_oms.emulator import Emulator
from huaweicloud_oms.prefect import ObjectStoreCredentials, OmsCredentials

from .support import AK, PROJECT, SECRETS, SK


def pytest_configure(config):
    """Prefect's own warnings are not ours to mend."""
    config.addinivalue_line("filterwarnings", "ignore")


@pytest.fixture(scope="session")
def prefect_api():
    """The URL of a Prefect server that the tests have for themselves."""
    with prefect_test_harness(server_startup_timeout=120):
        yield PREFECT_API_URL.value()


@pytest.fixture(scope="session")
def port(prefect_api):  # the server is there
    """Where every test's local OMS answers; the saved blocks "account", "old" and "new" lead there."""
    with Emulator(project_id=PROJECT) as emulator:
        endpoint = emulator.endpoint
    account = OmsCredentials(endpoint=endpoint, project_id=PROJECT, ak=SecretStr(AK), sk=SecretStr(SK))
    account.save("account", overwrite=True)
    for name in ("old", "new"):
        keys = {field: SecretStr(SECRETS[f"{name}_{field}"]) for field in ("ak", "sk")}
        ObjectStoreCredentials(**keys).save(name, overwrite=True)
    return int(endpoint.rpartition(":")[2])


@pytest.fixture(autouse=True)
def local(port):
    """A local OMS, for one test."""
    with Emulator(ak=AK, sk=SK, project_id=PROJECT, port=port) as emulator:
        yield emulator

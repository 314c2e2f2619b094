"""A pytest plugin: the fixture `local_oms`, a local OMS that the code under test reaches by itself.

It is a package of its own so that pytest, which loads every plugin there is, does not import the client with it.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from huaweicloud_oms.emulator import Emulator

_AK, _SK, _PROJECT = "LOCALOMSACCESSKEY", "local-oms-secret-key", "local-oms-project"
_MACHINE = "127.0.0.1"


@pytest.fixture
def local_oms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve a local OMS, and have the environment lead every client to it.

    Clients that take their settings from the environment, or are given a region only, reach it; so does the vendor's
    SDK. What is given explicitly, an endpoint or keys, stays as it is given.

    Example:
        def test_my_automation(local_oms):
            local_oms.add_task(1001, duration=0.1)
            my_automation()
            assert local_oms.starts["start_task", 1001] == 1
    """
    from huaweicloud_oms import REGIONS  # noqa: PLC0415  # only who asks for the fixture needs it
    from huaweicloud_oms.emulator import Emulator  # noqa: PLC0415

    with Emulator(ak=_AK, sk=_SK, project_id=_PROJECT) as emulator:
        monkeypatch.setenv("HUAWEICLOUD_OMS_ENDPOINT", emulator.endpoint)
        for region in REGIONS:
            name = region.upper().replace("-", "_")
            monkeypatch.setenv(f"HUAWEICLOUD_SDK_REGION_OMS_{name}", emulator.endpoint)
        monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", _PROJECT)
        monkeypatch.setenv("HUAWEICLOUD_SDK_AK", _AK)
        monkeypatch.setenv("HUAWEICLOUD_SDK_SK", _SK)
        monkeypatch.delenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", raising=False)
        monkeypatch.delenv("HUAWEICLOUD_REGION", raising=False)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, _MACHINE, prepend=",")
        yield emulator

"""Log records: one DEBUG record an attempt, one INFO record a start, and nothing printed by itself."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator, Fault

from .support import AK, PROJECT, SK, settings

AGAIN = oms.RetryPolicy(base_delay=0.001)
KEYS = {"src_ak": "src-key-one", "src_sk": "src-key-two", "dst_ak": "dst-key-one", "dst_sk": "dst-key-two"}


@pytest.fixture
def own(caplog):
    """The package's records, of every level."""
    caplog.set_level(logging.DEBUG, logger="huaweicloud_oms")

    def records() -> list[logging.LogRecord]:
        return [record for record in caplog.records if record.name == "huaweicloud_oms"]

    return records


def parts(record: logging.LogRecord, *names: str) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in names)


def test_a_start_writes_one_record_an_attempt_and_one_for_itself(local, call, own, operation):
    result = call(operation, operation.good_id, **operation.least())
    attempt, started = own()
    assert (attempt.levelno, started.levelno) == (logging.DEBUG, logging.INFO)
    expected = (operation.name, str(operation.good_id), 200, result.request_id, 1)
    names = ("operation", "resource_id", "status_code", "request_id", "attempt")
    assert parts(attempt, *names) == expected
    assert parts(started, *names) == expected
    assert started.already_started is False
    for record in (attempt, started):
        assert isinstance(record.milliseconds, float)
        assert 0 < record.milliseconds < 20_000
        assert all(str(part) in record.getMessage() for part in expected[:4])
        assert "\n" not in record.getMessage()
    assert len(local.requests) == 1


def test_every_attempt_has_its_record(local, call_with, own):
    call = call_with(**settings(local.endpoint, retry=AGAIN))
    local.inject(Fault("status", status=429, times=2, headers={"X-Request-Id": "busy"}))
    assert call("start_task", 1001, **KEYS).attempts == 3
    *attempts, started = own()
    names = ("levelno", "attempt", "status_code")
    assert [parts(record, *names) for record in attempts] == [(10, 1, 429), (10, 2, 429), (10, 3, 200)]
    assert [record.request_id for record in attempts][:2] == ["busy", "busy"]
    assert parts(started, *names) == (20, 3, 200)


def test_an_attempt_without_an_answer_says_why(call_with, own):
    call = call_with(**settings("http://127.0.0.1:9"))
    with pytest.raises(oms.ConnectError):
        call("start_task", 1001, **KEYS)
    [attempt] = own()
    assert (attempt.status_code, attempt.request_id, attempt.attempt) == (None, None, 1)
    assert "Connection refused" in attempt.getMessage()


def test_a_refused_start_writes_no_record_of_a_start(local, call, own):
    local.inject(Fault("status", status=400))
    with pytest.raises(oms.BadRequestError):
        call("start_task", 1001, **KEYS)
    assert [record.levelno for record in own()] == [logging.DEBUG]


def test_a_start_that_was_found_carried_out_says_so(local, call, own):
    local.inject(Fault("reset", when="after", operation="start"))
    assert call("start_task", 1001, **KEYS).already_started
    started = own()[-1]
    assert (started.levelno, started.already_started) == (logging.INFO, True)
    assert "found started" in started.getMessage()


def test_bad_arguments_write_nothing(call, own):
    with pytest.raises(oms.ValidationError):
        call("start_task", -1)
    assert own() == []


def test_a_corrected_clock_is_a_warning(call_with, own):
    with Emulator(ak=AK, sk=SK, project_id=PROJECT, clock_offset=7200) as late:
        late.add_task(1001)
        call_with(**settings(late.endpoint))("start_task", 1001, **KEYS)
    [warning] = [record for record in own() if record.levelno == logging.WARNING]
    assert abs(warning.clock_offset - 7200) < 5


@pytest.mark.parametrize(("level", "count"), [(logging.DEBUG, 2), (logging.INFO, 1), (logging.WARNING, 0)])
def test_the_loggers_level_decides_what_is_written(call, caplog, level, count):
    caplog.set_level(level, logger="huaweicloud_oms")
    call("start_task", 1001, **KEYS)
    assert len([record for record in caplog.records if record.name == "huaweicloud_oms"]) == count


def test_an_id_cannot_begin_a_line_of_its_own(local, call, own):
    strange = "x\u2028INFO forged\u202e"
    local.add_task_group(strange)
    call("start_task_group", strange, **{name: KEYS[name] for name in ("dst_ak", "dst_sk")})
    for record in own():
        assert record.getMessage().isprintable()
        assert record.resource_id == strange


def test_records_know_their_logger_and_no_secret_arguments(call, own):
    call("start_task", 1001, **KEYS)
    for record in own():
        assert record.name == "huaweicloud_oms"
        assert "-key-" not in str(record.__dict__)


PROGRAM = """
import asyncio, sys
{before}
import huaweicloud_oms as oms
from huaweicloud_oms.emulator import Emulator
with Emulator(project_id="p") as local:
    local.add_tasks([1, 2])
    given = dict(endpoint=local.endpoint, project_id="p", credentials=oms.Token("t"))
    with oms.Client(**given) as client:
        client.start_task(1, dst_ak="a", dst_sk="b")
        try:
            client.start_task(1, dst_ak="a", dst_sk="b")
        except oms.AlreadyStartedError:
            pass
    async def main():
        async with oms.AsyncClient(**given) as client:
            await client.start_task(2, dst_ak="a", dst_sk="b")
    asyncio.run(main())
{after}
"""


def printed(before: str = "", after: str = "") -> tuple[str, str]:
    """What a program prints that uses the package."""
    code = PROGRAM.format(before=before, after=after)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, run.stderr


@pytest.mark.parametrize("before", ["", "import logging", "import logging; logging.getLogger('other')"])
def test_nothing_is_printed_by_itself(before):
    assert printed(before) == ("", "")


def test_a_program_that_asks_for_records_gets_them():
    _, told = printed("import logging; logging.basicConfig(level=logging.INFO, format='%(levelname)s %(message)s')")
    lines = [line for line in told.splitlines() if "start_task" in line]
    assert len(lines) == 2
    assert all(line.startswith("INFO start_task of ") for line in lines)


def test_a_handler_that_fails_does_not_break_a_start():
    before = """
import logging
class Broken(logging.Handler):
    def emit(self, record):
        raise RuntimeError("handler")
logging.getLogger("huaweicloud_oms").addHandler(Broken())
logging.getLogger("huaweicloud_oms").setLevel(logging.DEBUG)
sys.unraisablehook = lambda _: None
"""
    assert printed(before, "print('done')") == ("done\n", "")


def test_the_package_does_not_import_logging():
    code = "import sys, huaweicloud_oms; sys.exit('logging' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0

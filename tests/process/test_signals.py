"""Ctrl-C, and handlers of other signals, while a blocking call waits."""

from __future__ import annotations

import json

import pytest

from huaweicloud_oms.emulator import Fault

from .support import run

INTERRUPT = """
    import json

    def interrupted(call):
        # How long after the signal the call raised.
        sent = []

        def interrupt():
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(0.15, interrupt)
        timer.start()
        try:
            call()
        except KeyboardInterrupt:
            took = time.monotonic() - sent[0]
            timer.join()
            return took
        raise AssertionError("not interrupted")
"""


@pytest.mark.parametrize(
    "call",
    [
        "client().start_task(1, **KEYS)",
        "client().start_task_group('g', **KEYS)",
        "client().start_sync_task('s', src_ak='AKSOURCE', src_sk='SKSOURCE', **KEYS)",
        "client().retry_task_group('g', **KEYS)",
        "client().show_task(1)",
        "client().stop_sync_task('s')",
        "list(client().list_tasks())",
        "client().wait_task(1, timeout=30)",
        "oms.start_task(1, **KEYS)",
        "oms.start_task_group('g', **KEYS)",
        "oms.start_sync_task('s', src_ak='AKSOURCE', src_sk='SKSOURCE', **KEYS)",
    ],
)
def test_ctrl_c_ends_a_call_that_waits_for_its_answer(silence, call):
    took = json.loads(run(f"{INTERRUPT}\n    print(json.dumps(interrupted(lambda: {call})))", silence.endpoint))
    assert took < 1.0
    assert silence.wait_until_gone(1) == 1


def test_ctrl_c_ends_a_call_that_waits_to_try_again(local):
    local.inject(Fault("status", status=429, retry_after=20, share=1.0))
    took = json.loads(
        run(f"{INTERRUPT}\n    print(json.dumps(interrupted(lambda: client().start_task(1, **KEYS))))", local.endpoint)
    )
    assert took < 1.0


def test_ctrl_c_ends_a_call_that_looks_what_became_of_a_start(local):
    local.inject(Fault("reset", operation="start"))
    local.inject(Fault("stall", operation="show", share=1.0))
    took = json.loads(
        run(f"{INTERRUPT}\n    print(json.dumps(interrupted(lambda: client().start_task(1, **KEYS))))", local.endpoint)
    )
    assert took < 1.0


def test_a_client_works_on_after_ctrl_c(local):
    local.inject(Fault("stall", operation="start_task", id=1))
    run(
        f"""{INTERRUPT}
    c = client()
    interrupted(lambda: c.start_task(1, **KEYS))
    c.start_task(2, **KEYS)
    """,
        local.endpoint,
    )
    assert local.starts == {("start_task", "2"): 1}


def test_a_signal_handler_can_use_the_client_during_a_call(local):
    local.inject(Fault("delay", seconds=0.5, operation="start_task", id=1))
    run(
        """
        c = client()
        signal.signal(signal.SIGALRM, lambda *_: c.start_task(2, **KEYS))
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        assert c.start_task(1, **KEYS).attempts == 1
        """,
        local.endpoint,
    )
    assert local.starts == {("start_task", "1"): 1, ("start_task", "2"): 1}


def test_a_log_handler_can_use_the_client_during_a_call(local):
    local.inject(Fault("status", status=429, retry_after=0.3, operation="start_task", id=1))
    run(
        """
        import logging
        c = client()
        numbers = iter(range(2, 100))

        class Handler(logging.Handler):
            busy = False
            def emit(self, record):
                if not Handler.busy:
                    Handler.busy = True
                    c.start_task(next(numbers), **KEYS)
                    Handler.busy = False

        logging.getLogger("huaweicloud_oms").addHandler(Handler())
        logging.getLogger("huaweicloud_oms").setLevel(logging.DEBUG)
        assert c.start_task(1, **KEYS).attempts == 2
        """,
        local.endpoint,
    )
    assert local.starts["start_task", 2] == 1

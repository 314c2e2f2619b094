"""The end of a process, whatever is under way: no hang, no crash, no word on stderr."""

from __future__ import annotations

import pytest

from .support import run


@pytest.mark.parametrize("repetition", range(5))
def test_an_interpreter_exits_with_hundreds_of_calls_pending(silence, repetition):
    run(
        f"""
        import asyncio
        a = client(oms.AsyncClient)
        loop = asyncio.new_event_loop()
        calls = [a.start_task(n, **KEYS) for n in range(300)]

        async def begin():
            for call in calls:
                call.send(None)

        loop.run_until_complete(begin())
        if {repetition} % 2:
            loop.close()
        """,
        silence.endpoint,
    )


@pytest.mark.parametrize("repetition", range(3))
def test_an_interpreter_exits_while_answers_arrive_for_a_loop_in_a_daemon_thread(local, repetition):
    run(
        f"""
        import asyncio
        a = client(oms.AsyncClient)
        numbers = iter(range(1, 30_000))

        async def one():
            while True:
                await a.start_task(next(numbers), **KEYS)

        async def many():
            await asyncio.gather(*(one() for _ in range(32)))

        threading.Thread(target=asyncio.run, args=(many(),), daemon=True).start()
        time.sleep(0.2 + 0.03 * {repetition})
        """,
        local.endpoint,
    )


@pytest.mark.parametrize("repetition", range(3))
def test_an_interpreter_exits_with_daemon_threads_in_blocking_calls(local, silence, repetition):
    run(
        f"""
        c = client()
        quiet = oms.Client(endpoint={silence.endpoint!r}, project_id="p", credentials=oms.AkSk("AK", "SK"))
        numbers = iter(range(1, 30_000))

        def busy():
            while True:
                c.start_task(next(numbers), **KEYS)

        for work in [busy] * 8 + [lambda: quiet.start_task(1, **KEYS)] * 8:
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.2 + 0.03 * {repetition})
        """,
        local.endpoint,
    )


def test_clients_can_be_used_until_the_very_end(local):
    run(
        """
        import atexit
        c = client()
        # Before the first call, so that it runs after everything that the package has registered.
        atexit.register(lambda: print(c.start_task(2, **KEYS).attempts))

        class Late:
            def __del__(self, c=c):
                c.start_task(3, **KEYS)
                c.close()

        late = Late()
        c.start_task(1, **KEYS)
        """,
        local.endpoint,
    )
    assert len(local.starts) == 3


def test_an_exit_handler_can_still_await(local):
    run(
        """
        import asyncio, atexit
        a = client(oms.AsyncClient)
        atexit.register(lambda: asyncio.run(a.start_task(2, **KEYS)))
        asyncio.run(a.start_task(1, **KEYS))
        """,
        local.endpoint,
    )
    assert len(local.starts) == 2


def test_clients_left_as_globals_are_no_trouble(local):
    run(
        """
        import asyncio
        c, a = client(), client(oms.AsyncClient)
        c.start_task(1, **KEYS)
        asyncio.run(a.start_task(2, **KEYS))
        oms.start_task(3, **KEYS)
        sys.modules["kept"] = c, a
        """,
        local.endpoint,
    )


def test_an_uncaught_error_of_a_call_is_all_that_a_process_says(local):
    run(
        """
        import subprocess
        code = '''
        import sys, huaweicloud_oms as oms
        c = oms.Client(endpoint=sys.argv[1], project_id="p", credentials=oms.AkSk("AK", "SK"))
        c.start_task(10**14, dst_ak="AKSECRET", dst_sk="SKSECRET")
        '''
        import textwrap
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), ENDPOINT], capture_output=True, text=True)
        assert done.returncode == 1, done
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("huaweicloud_oms.exceptions.NotFoundError: start_task of 100000000000000"), done.stderr
        assert "SECRET" not in done.stderr.replace('dst_ak="AKSECRET", dst_sk="SKSECRET"', ""), done.stderr
        """,
        local.endpoint,
    )

"""Awaited calls: cancelled, timed out, abandoned, on one loop after another, on asyncio and uvloop."""

from __future__ import annotations

import pytest

from huaweicloud_oms.emulator import Fault

from .support import run

LOOPS = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


def of(loop):
    """The way to run a coroutine on a kind of loop."""
    if loop == "asyncio":
        return "import asyncio\n        run = asyncio.run\n"
    return (
        "import asyncio, uvloop\n"
        "        def run(work):\n"
        "            loop = uvloop.new_event_loop()\n"
        "            try:\n"
        "                return loop.run_until_complete(work)\n"
        "            finally:\n"
        "                loop.close()\n"
    )


@LOOPS
def test_cancelling_closes_the_connection(silence, loop):
    run(
        f"""
        {of(loop)}
        async def main():
            a = client(oms.AsyncClient)
            calls = [asyncio.ensure_future(a.start_task(n, **KEYS)) for n in range(20)]
            await asyncio.sleep(0.3)
            for call in calls:
                call.cancel()
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes), outcomes
            # The process lives on: only the calls' own end can have closed the connections.
            print("cancelled", flush=True)
            await asyncio.sleep(0.5)
            print(len(os.listdir("/proc/self/fd")))

        run(main())
        """,
        silence.endpoint,
    )
    assert silence.wait_until_gone(20) == 20


@LOOPS
def test_a_time_limit_of_asyncio_closes_the_connection_at_once(silence, loop):
    said = run(
        f"""
        {of(loop)}
        async def main():
            a = client(oms.AsyncClient)
            began = time.monotonic()
            try:
                await asyncio.wait_for(a.start_task(1, **KEYS), 0.3)
            except asyncio.TimeoutError:
                print(time.monotonic() - began)
            await asyncio.sleep(0.5)
            os.write(1, str(len([f for f in os.listdir("/proc/self/fd")])).encode())

        run(main())
        """,
        silence.endpoint,
    )
    assert 0.3 <= float(said.split()[0]) < 1.0
    assert silence.wait_until_gone(1) == 1


def test_the_server_sees_the_disconnect_while_the_process_lives_on(silence):
    run(
        f"""
        import asyncio, urllib.request

        async def main():
            a = oms.AsyncClient(endpoint={silence.endpoint!r}, project_id="p", credentials=oms.AkSk("AK", "SK"))
            before = len(os.listdir("/proc/self/fd"))
            call = asyncio.ensure_future(a.start_task(1, **KEYS))
            await asyncio.sleep(0.3)
            during = len(os.listdir("/proc/self/fd"))
            call.cancel()
            deadline = time.monotonic() + 5
            while len(os.listdir("/proc/self/fd")) >= during and time.monotonic() < deadline:
                await asyncio.sleep(0.01)
            assert len(os.listdir("/proc/self/fd")) < during, (before, during)

        asyncio.run(main())
        """,
        silence.endpoint,
    )


@LOOPS
def test_several_loops_one_after_another_share_a_client(local, loop):
    run(
        f"""
        {of(loop)}
        a = client(oms.AsyncClient)

        async def some(first):
            return await asyncio.gather(*(a.start_task(first + n, **KEYS) for n in range(10)))

        for n in range(5):
            assert len(run(some(1 + 10 * n))) == 10
        """,
        local.endpoint,
    )
    assert len(local.starts) == 50


def test_blocking_calls_work_inside_a_running_loop(local):
    run(
        """
        import asyncio
        c, a = client(), client(oms.AsyncClient)

        async def cell():
            c.start_task(1, **KEYS)
            await a.start_task(2, **KEYS)
            oms.start_task(3, **KEYS)
            await oms.start_task_async(4, **KEYS)
            await asyncio.to_thread(c.start_task, 5, **KEYS)

        asyncio.run(cell())
        """,
        local.endpoint,
    )
    assert len(local.starts) == 5


def test_a_loop_in_each_of_many_threads_shares_a_client(local):
    run(
        """
        import asyncio
        a = client(oms.AsyncClient)
        errors = []

        async def some(first):
            await asyncio.gather(*(a.start_task(first + n, **KEYS) for n in range(20)))

        def work(first):
            try:
                asyncio.run(some(first))
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(1 + 20 * n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors, errors
        """,
        local.endpoint,
    )
    assert len(local.starts) == 160


@LOOPS
def test_answers_for_a_closed_loop_are_dropped_in_silence(local, loop):
    local.inject(Fault("delay", seconds=0.3, share=1.0))
    run(
        f"""
        {of(loop)}
        a = client(oms.AsyncClient)
        kept = []

        async def main():
            kept.extend(a.start_task(n, **KEYS) for n in range(1, 21))
            for call in kept:
                call.send(None)

        run(main())
        time.sleep(0.6)
        kept.clear()
        run(a.close())
        """,
        local.endpoint,
    )


def test_a_coroutine_that_is_never_awaited_sends_nothing(local):
    run(
        """
        import asyncio, gc, warnings
        a = client(oms.AsyncClient)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            a.start_task(1, **KEYS)
            gc.collect()
        assert [str(w.message) for w in told] == ["coroutine 'AsyncClient.start_task' was never awaited"], told
        asyncio.run(asyncio.sleep(0.1))
        """,
        local.endpoint,
    )
    assert not local.requests


def test_a_coroutine_closed_half_way_closes_its_connection(silence):
    run(
        """
        import asyncio
        a = client(oms.AsyncClient)

        async def main():
            call = a.start_task(1, **KEYS)
            call.send(None)
            await asyncio.sleep(0.3)
            during = len(os.listdir("/proc/self/fd"))
            call.close()
            await asyncio.sleep(0.5)
            assert len(os.listdir("/proc/self/fd")) < during

        asyncio.run(main())
        """,
        silence.endpoint,
    )
    assert silence.wait_until_gone(1) == 1


def test_a_closed_client_refuses_and_one_being_closed_answers(local):
    run(
        """
        import asyncio

        async def main():
            async with client(oms.AsyncClient) as a:
                call = asyncio.ensure_future(a.start_task(1, **KEYS))
                await asyncio.sleep(0)
            await call
            try:
                await a.start_task(2, **KEYS)
            except oms.ConfigurationError as error:
                assert "closed" in str(error)
            else:
                raise AssertionError("accepted")

        asyncio.run(main())
        """,
        local.endpoint,
    )
    assert len(local.starts) == 1


def test_debug_mode_of_asyncio_has_nothing_to_say(local):
    run(
        """
        import asyncio
        a = client(oms.AsyncClient)

        async def main():
            await asyncio.gather(*(a.start_task(n, **KEYS) for n in range(1, 33)))

        asyncio.run(main(), debug=True)
        """,
        local.endpoint,
        environment={"PYTHONDEVMODE": "1"},
    )

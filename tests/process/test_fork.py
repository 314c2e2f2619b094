"""Forks: a client goes on in the parent and in every child, whoever used it before."""

from __future__ import annotations

from huaweicloud_oms.emulator import Fault

from .support import run


def only_once(local, count):
    """Whether exactly so many tasks were started, none of them twice."""
    return len(local.starts) == count and set(local.starts.values()) == {1}


def test_a_client_works_before_and_after_a_fork_in_parent_child_and_grandchild(local):
    run(
        """
        c = client()
        c.start_task(1, **KEYS)
        child = os.fork()
        if not child:
            c.start_task(2, **KEYS)
            grandchild = os.fork()
            if not grandchild:
                c.start_task(3, **KEYS)
                c.close()
                sys.exit(0)
            wait_for(grandchild)
            c.start_task(4, **KEYS)
            sys.exit(0)
        c.start_task(5, **KEYS)
        wait_for(child)
        c.start_task(6, **KEYS)
        """,
        local.endpoint,
    )
    assert only_once(local, 6)


def test_a_client_that_was_never_used_before_the_fork_works_in_both(local):
    run(
        """
        c = client()
        child = os.fork()
        c.start_task(1 if child else 2, **KEYS)
        if child:
            wait_for(child)
        """,
        local.endpoint,
    )
    assert only_once(local, 2)


def test_children_of_a_process_under_load_work_and_exit_either_way(local):
    run(
        """
        c = client()
        numbers = iter(range(2000, 30_000))
        stop = threading.Event()

        def load():
            while not stop.is_set():
                c.start_task(next(numbers), **KEYS)

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        for n in range(1001, 1021):
            child = os.fork()
            if not child:
                c.start_task(n, **KEYS)
                if n % 2:
                    os._exit(0)
                c.close()
                threads.clear()
                sys.exit(0)
            wait_for(child)
        stop.set()
        for thread in threads:
            thread.join()
        """,
        local.endpoint,
    )
    assert set(local.starts.values()) == {1}
    assert all(local.starts["start_task", n] for n in range(1001, 1021))


def test_children_of_a_process_with_calls_awaited_in_another_thread_work(local, silence):
    run(
        f"""
        import asyncio
        quiet = oms.AsyncClient(endpoint={silence.endpoint!r}, project_id="p", credentials=oms.AkSk("AK", "SK"))
        c, a = client(), client(oms.AsyncClient)
        started = threading.Event()

        async def load():
            calls = [asyncio.ensure_future(quiet.start_task(1, **KEYS)) for _ in range(50)]
            asyncio.get_running_loop().call_later(0.2, started.set)
            while True:
                # Calls that come and go keep the core's threads busy while the process forks.
                calls.pop(0).cancel()
                calls.append(asyncio.ensure_future(quiet.start_task(1, **KEYS)))
                await asyncio.sleep(0)

        threading.Thread(target=asyncio.run, args=(load(),), daemon=True).start()
        started.wait()

        async def child_work(n):
            return await asyncio.gather(*(a.start_task(10 * n + i, **KEYS) for i in range(10)))

        for n in range(1, 11):
            child = os.fork()
            if not child:
                asyncio.run(child_work(n))
                c.start_task(1000 + n, **KEYS)
                sys.exit(0)
            wait_for(child)
        # The thread is in the middle of things, and stays there.
        os._exit(0)
        """,
        local.endpoint,
    )
    assert only_once(local, 110)


def test_a_fork_pool_uses_the_parents_client(local):
    run(
        """
        import multiprocessing
        c = client()
        c.start_task(1, **KEYS)

        def start(n):
            return c.start_task(n, **KEYS).resource_id

        with multiprocessing.get_context("fork").Pool(4) as pool:
            assert sorted(map(int, pool.map(start, range(2, 102)))) == list(range(2, 102))
            pool.close()
            pool.join()
        c.start_task(102, **KEYS)
        """,
        local.endpoint,
    )
    assert only_once(local, 102)


def test_awaited_calls_work_in_a_child_of_a_process_that_awaited_some(local):
    run(
        """
        import asyncio
        a = client(oms.AsyncClient)
        asyncio.run(a.start_task(1, **KEYS))
        child = os.fork()
        asyncio.run(a.start_task(2 if child else 3, **KEYS))
        if child:
            wait_for(child)
        """,
        local.endpoint,
    )
    assert only_once(local, 3)


def test_a_signal_handler_that_forks_leaves_the_call_to_the_parent(local):
    local.inject(Fault("delay", seconds=0.6, operation="start_task", id=1))
    run(
        """
        children = []
        signal.signal(signal.SIGALRM, lambda *_: children.append(os.fork()))
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        c = client()
        try:
            c.start_task(1, **KEYS)
        except RuntimeError as error:
            assert children == [0] and "forked during this call" in str(error), error
            c.start_task(2, **KEYS)
            sys.exit(0)
        assert children[0]
        wait_for(*children)
        """,
        local.endpoint,
    )
    assert only_once(local, 2)

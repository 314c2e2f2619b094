"""Many threads on one client."""

from __future__ import annotations

from huaweicloud_oms.emulator import Fault

from .support import run


def test_32_threads_share_a_client(local):
    run(
        """
        c = client()
        numbers = list(range(1, 1601))
        errors = []

        def work(mine):
            try:
                for n in mine:
                    assert c.start_task(n, **KEYS).resource_id == str(n)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(numbers[i::32],)) for i in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors, errors
        """,
        local.endpoint,
    )
    assert len(local.starts) == 1600
    assert set(local.starts.values()) == {1}


def test_threads_that_make_the_first_call_at_the_same_time_all_get_through(local):
    run(
        """
        c = client()
        barrier = threading.Barrier(32)
        done = []

        def work(n):
            barrier.wait()
            done.append(c.start_task(n, **KEYS))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 33)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(done) == 32
        """,
        local.endpoint,
    )


def test_closing_a_client_lets_calls_under_way_end_and_refuses_new_ones(local):
    run(
        """
        c = client()
        results = []
        threads = [threading.Thread(target=lambda n=n: results.append(c.start_task(n, **KEYS))) for n in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        c.close()
        c.close()
        try:
            c.start_task(100, **KEYS)
        except oms.ConfigurationError as error:
            assert "closed" in str(error)
        else:
            raise AssertionError("accepted")
        assert len(results) == 8
        """,
        local.endpoint,
    )
    assert len(local.starts) == 8


def test_a_call_under_way_outlives_its_client(local):
    local.inject(Fault("delay", seconds=0.4, operation="start_task"))
    run(
        """
        c = client()
        results = []
        thread = threading.Thread(target=lambda: results.append(c.start_task(1, **KEYS)))
        thread.start()
        time.sleep(0.15)
        c.close()
        thread.join()
        assert results[0].attempts == 1
        """,
        local.endpoint,
    )

"""What notebooks show: escaped, without keys, and readable on any ground."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import huaweicloud_oms as oms

from .support import KEYS, SECRETS

VOID = {"br"}


class Balanced(HTMLParser):
    """Fails where tags do not match."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.words = []

    def handle_starttag(self, tag, _attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(html):
    """The words of a page whose tags match."""
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return " ".join(parser.words)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_state_is_in_words_and_in_colour(client, local):
    local.add_task(1, status="RUNNING", duration=60.0)
    local.add_task(2, status="FAILED", error_reason=("TRF.0409", "gone"))
    local.add_task_group("g", status="COMPLETE")
    local.add_sync_task("s", status="SYNCHRONIZING")
    running = client.show_task(1)._repr_html_()
    words = read(running)
    for part in (
        "RUNNING",
        "Migration task 1",
        "of 500",
        "of 1 GB",
        "MB/s",
        "AWS / us-east-1 / source-bucket",
        "started",
    ):
        assert part in words
    assert 'role="progressbar"' in running
    assert "TRF.0409 gone" in read(client.show_task(2)._repr_html_())
    assert "3: 3 complete" in read(client.show_task_group("g")._repr_html_())
    assert "SYNCHRONIZING" in read(client.show_sync_task("s")._repr_html_())
    colours = {
        card.split("background:")[1][:7]
        for card in (running, client.show_task(2)._repr_html_(), client.show_task_group("g")._repr_html_())
    }
    assert len(colours) == 3
    # White words on each colour, by the rules of WCAG.
    assert all(1.05 / (luminance(colour) + 0.05) >= 4.5 for colour in colours)


def test_what_the_service_says_is_escaped():
    evil = "<script>alert(1)</script>&\"'"
    raw = {"id": evil, "name": evil, "status": evil, "error_reason": {"error_code": evil, "error_msg": evil}}
    raw |= {
        "group_id": evil,
        "sync_task_id": evil,
        "description": evil,
        "src_bucket": evil,
        "src_node": {"bucket": evil},
    }
    for kind in (oms.Task, oms.TaskGroup, oms.SyncTask):
        shown = kind.from_raw(raw)._repr_html_()
        assert "<script" not in shown
        assert evil in read(shown)


def test_results_and_outcomes_are_shown_without_keys(client, local):
    local.add_tasks(range(3), duration=0.05)
    result = client.start_task(0, **KEYS, wait=True, poll_interval=0.05)
    shown = result._repr_html_()
    assert "STARTED" in read(shown)
    assert "SUCCEEDED" in read(shown)
    outcomes = client.start_many([oms.StartTask(n, **KEYS) for n in (1, 2, 77)])
    table = outcomes._repr_html_()
    words = read(table)
    assert "2 of 3 ok" in words
    assert words.index("77") < words.index("start_task")
    assert "NotFoundError" in words
    waited = client.wait_many(outcomes, poll_interval=0.05)._repr_html_()
    assert "SUCCEEDED" in read(waited)
    assert not any(secret in page for secret in SECRETS for page in (shown, table, waited))


@pytest.mark.parametrize("count", [0, 1, 500])
def test_a_table_of_any_length_is_short(count):
    outcomes = oms.Outcomes(
        oms.StartOutcome("start_task", str(n), False, None, oms.OmsError("no")) for n in range(count)
    )
    words = read(outcomes._repr_html_())
    assert f"0 of {count} ok" in words
    assert ("and 300 more" in words) == (count == 500)

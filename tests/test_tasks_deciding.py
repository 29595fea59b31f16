"""The pure parts of the sync: merging, ordering, pace, recognition."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks_sync.canon import canon, same
from tasks_sync.merge import Content, Edits, Fate, Here, Spot, There, merge, merge_lines
from tasks_sync.model import Status
from tasks_sync.ordering import least_moves, merge_order
from tasks_sync.pace import Bucket, backoff_seconds, next_quota_day, poll_seconds, quota_day
from tasks_sync.plan import brake, changes_needed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
moments = st.sampled_from([None, NOW, LATER])
contents = st.builds(
    Content,
    title=st.sampled_from("abc"),
    notes=st.sampled_from(["", "x", "x\ny", "z\ny"]),
    due=st.sampled_from([None, date(2026, 3, 3), date(2026, 3, 4)]),
    status=st.sampled_from(Status),
    completed_at=st.none(),
)
spots = st.builds(Spot, st.sampled_from("LM"), st.sampled_from([None, "p"]))
theres = st.builds(There, contents, spots, st.booleans(), st.booleans(), moments)
edits = st.builds(Edits, moments, moments, moments, moments, moments)
heres = st.builds(Here, contents, spots, st.booleans(), moments, edits)


@given(theres, heres)
def test_what_only_we_changed_is_kept_and_what_only_google_changed_is_taken(base, here):
    base, here = replace(base, deleted=False), replace(here, deleted_at=None)
    only_we = merge(base, here, base)
    assert (only_we.fate, only_we.content, only_we.spot) == (Fate.KEEP, here.content, here.spot)
    untouched = Here(base.content, base.spot, base.hidden, None, Edits())
    only_they = merge(base, untouched, replace(base, content=here.content, spot=here.spot))
    assert (only_they.content, only_they.spot) == (here.content, here.spot)
    assert only_we.lost == only_they.lost == ()


@given(theres, heres, theres)
def test_a_merged_value_comes_from_one_side_and_a_lost_one_is_remembered(base, here, there):
    base, there = replace(base, deleted=False), replace(there, deleted=False)
    merged = merge(base, replace(here, deleted_at=None), there)
    lost = {one.field: one for one in merged.lost}
    for field in ("title", "due"):
        was, ours, theirs = (getattr(x.content, field) for x in (base, here, there))
        got = getattr(merged.content, field)
        assert got in (ours, theirs)
        assert (field in lost) == (ours != was and theirs != was and ours != theirs)
    assert merged.spot in (here.spot, there.spot)


@given(theres, heres, theres)
def test_merging_twice_changes_nothing_more(base, here, there):
    there = replace(there, deleted=False)
    base, here = replace(base, deleted=False), replace(here, deleted_at=None)
    once = merge(base, here, there)
    again = merge(there, Here(once.content, once.spot, once.hidden, None, here.edits), there)
    assert (again.content, again.spot, again.lost) == (once.content, once.spot, ())


@given(theres, heres)
def test_a_task_with_our_words_in_it_never_goes_because_google_deleted_it(base, here):
    here = replace(here, deleted_at=None)
    fate = merge(base, here, replace(base, deleted=True)).fate
    words = (here.content.title, here.content.notes, here.content.due)
    if words != (base.content.title, base.content.notes, base.content.due):
        assert fate is Fate.MAKE_ANEW


@pytest.mark.parametrize(
    ("was", "ours", "theirs", "merged"),
    [
        ("a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC"),
        ("a\nb\nc", "a\nb\nc\nd", "A\nb\nc", "A\nb\nc\nd"),
        ("a\nb", "a\nx", "a\ny", None),
        ("a", "a\nx", "a\ny", None),
        ("a\nb", "a", "a", "a"),
        ("", "x", "y", None),
    ],
)
def test_lines_are_merged_unless_both_touch_the_same(was, ours, theirs, merged):
    assert merge_lines(was, ours, theirs) == merged
    assert merge_lines(was, theirs, ours) == merged


@given(st.permutations(range(8)), st.permutations(range(8)))
def test_the_least_moves_make_the_wanted_order_and_are_few(wanted, current):
    wanted, order = [str(key) for key in wanted], [str(key) for key in current]
    moves = least_moves(wanted, order)
    for move in moves:
        order.remove(move.key)
        order.insert(order.index(move.after) + 1 if move.after else 0, move.key)
    assert order == wanted
    longest = max(
        sum(mask >> index & 1 for index in range(8))
        for mask in range(256)
        if _rising([wanted[i] for i in range(8) if mask >> i & 1], [str(k) for k in current])
    )
    assert len(moves) == 8 - longest


def _rising(keys, order) -> bool:
    places = [order.index(key) for key in keys]
    return places == sorted(places)


@given(st.permutations("abcdef"), st.permutations("abcdxy"), st.sets(st.sampled_from("abcdef")))
def test_a_merged_order_has_every_key_once_and_googles_order_for_the_rest(ours, theirs, pinned):
    merged = merge_order(ours, theirs, pinned)
    assert sorted(merged) == sorted({*ours, *(key for key in theirs if key not in pinned)})
    free = [key for key in merged if key in theirs and key not in pinned]
    assert free == [key for key in theirs if key not in pinned]


@settings(max_examples=50)
@given(st.text(), st.text())
def test_texts_that_look_the_same_are_the_same(one, other):
    assert same(one, one.replace("\n", "\r\n"))
    assert canon(canon(one)) == canon(one)
    assert same(one, other) == (canon(one) == canon(other))
    content = Content(one, other, None, Status.NEEDS_ACTION, None)
    assert not changes_needed(content, replace(content, title=one + " ", notes="\x00" + other))


def test_the_brake_knows_a_mishap_from_tidying_up():
    assert not brake(10, 10)
    assert not brake(11, 100)
    assert brake(11, 40)


def test_the_bucket_lets_ten_through_and_then_two_a_second():
    bucket, at = Bucket(), NOW
    for number in range(110):
        bucket, seconds = bucket.take(at)
        at += timedelta(seconds=seconds)
        assert (seconds > 0) == (number >= 10)
    assert (at - NOW).total_seconds() == pytest.approx(50, abs=1)
    assert bucket.slower().rate == 1.0


@given(st.integers(1, 40), st.one_of(st.none(), st.floats(0, 1000)))
def test_waits_grow_are_bounded_and_heed_what_was_asked(tries, asked):
    seconds = backoff_seconds(tries, Random(tries), asked=asked)
    assert 0 < seconds <= 300
    assert seconds >= min(asked or 0, 300)


def test_the_quota_day_ends_at_midnight_in_california():
    before = datetime(2026, 3, 2, 7, 59, tzinfo=UTC)
    assert quota_day(before) == date(2026, 3, 1)
    assert next_quota_day(before) == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_polling_is_quick_while_the_person_acts_and_slow_when_the_day_is_used_up():
    def wait(used: int, *, ago: int = 3600, night: bool = False) -> float:
        last = NOW - timedelta(seconds=ago)
        return poll_seconds(NOW, last, night=night, used=used, daily=50_000)

    assert (wait(0, ago=10), wait(0), wait(0, night=True)) == (15, 60, 300)
    assert (wait(30_000), wait(40_000), wait(47_500)) == (120, 240, 1800)

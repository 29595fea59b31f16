"""The channel's deciders: reading updates, cutting text, pacing, judging failures."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

from bot.channels.telegram.decided import decided_text, decision
from bot.channels.telegram.limiter import Limiter
from bot.channels.telegram.splitting import LONGEST, shortened, split, units
from bot.channels.telegram.updates import (
    Stranger,
    Tapped,
    Uninteresting,
    Unreadable,
    Written,
    number_of,
    read_update,
)
from bot.channels.telegram.verdicts import (
    Denied,
    NoSuchMessage,
    NothingToChange,
    NotSent,
    Unknown,
    Unwelcome,
    Wrong,
    verdict_on,
)
from bot.questions import QuestionState

ME = 42
CHAT = {"id": ME, "type": "private"}
MESSAGE = {"message_id": 1, "date": 1_800_000_000, "chat": CHAT, "from": {"id": ME}, "text": "hi"}

# --- reading ---


def test_a_message_of_the_owner_in_private_is_read():
    found = read_update({"update_id": 7, "message": MESSAGE}, ME)
    assert isinstance(found, Written)
    assert (found.text, found.at.timestamp()) == ("hi", 1_800_000_000)


@pytest.mark.parametrize(
    "changed",
    [
        {"from": {"id": 43}},
        {"chat": {"id": -1, "type": "group"}},
        {"chat": {"id": 43, "type": "private"}},
        {"from": None},
    ],
)
def test_anybody_and_anywhere_else_is_a_stranger(changed):
    assert isinstance(read_update({"update_id": 7, "message": MESSAGE | changed}, ME), Stranger)


def test_a_tap_brings_its_code_and_its_label():
    keyboard = {"inline_keyboard": [[{"text": "Yes, done", "callback_data": "yes:1"}]]}
    tap = {"id": "9", "from": {"id": ME}, "data": "yes:1"}
    with_message = tap | {"message": MESSAGE | {"reply_markup": keyboard}}
    assert read_update({"update_id": 7, "callback_query": with_message}, ME) == Tapped(
        7, "9", "yes:1", "Yes, done"
    )
    assert read_update({"update_id": 7, "callback_query": tap}, ME) == Tapped(7, "9", "yes:1", "")


@pytest.mark.parametrize("broken", [{"message": 5}, {"message": {}}, {"callback_query": {"id": 1}}])
def test_what_the_bot_api_does_not_promise_is_unreadable_and_keeps_its_number(broken):
    found = read_update({"update_id": 7, **broken}, ME)
    assert isinstance(found, Unreadable)
    assert found.update_id == 7


def test_kinds_that_are_not_known_yet_are_passed_over():
    assert read_update({"update_id": 7, "poll_answer": {}}, ME) == Uninteresting(7)


NAMES = st.sampled_from(["message_id", "date", "chat", "from", "id", "type", "text", "data", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "private", "hi"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["message", "callback_query", "my_chat_member"]), JSON))
def test_no_update_whatever_stops_the_reader(body):
    assert read_update({"update_id": 7, **body}, ME).update_id == 7


@settings(deadline=None)
@given(JSON)
def test_no_answer_whatever_stops_the_numbering(raw):
    assert number_of(raw) is None


# --- cutting ---

TEXT = st.text("ab .\n!…é\u0301中א🙂👨👩\u200d\ufe0f", max_size=300)


@settings(deadline=None)
@given(TEXT, st.integers(min_value=8, max_value=60))
def test_pieces_fit_and_hold_every_sign_in_order(text, longest):
    pieces = split(text, longest)
    assert all(units(piece) <= longest for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_text_that_fits_is_one_piece():
    assert split("🙂" * (LONGEST // 2)) == ["🙂" * (LONGEST // 2)]
    assert len(split("🙂" * (LONGEST // 2) + "!")) == 2


def test_a_paragraph_is_a_better_place_to_cut_than_a_line_and_a_line_than_a_sentence():
    assert split("aaaa. aa\n\nbb\ncc. dd", 16) == ["aaaa. aa", "bb\ncc. dd"]
    assert split("aaaa. aa\nbb cc. dddd", 16) == ["aaaa. aa", "bb cc. dddd"]
    assert split("aaaa aa aa. bb ccc dddd", 16) == ["aaaa aa aa.", "bb ccc dddd"]


def test_a_family_is_not_torn():
    family = "👨‍👩‍👧"
    assert all(piece.count("👨") == piece.count("👧") for piece in split(family * 40, 50))


@settings(deadline=None)
@given(TEXT, st.integers(min_value=2, max_value=50))
def test_shortened_text_fits(text, longest):
    assert units(shortened(text, longest)) <= longest


# --- pacing ---


def test_three_go_at_once_and_then_one_a_second():
    limiter = Limiter(1.0, 3)
    assert [limiter.take(10.0) for _ in range(5)] == [0, 0, 0, 1, 2]
    assert limiter.take(20.0) == 0


@settings(deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=3), max_size=40))
def test_no_window_of_a_second_ever_holds_more_than_a_burst(gaps):
    limiter, clock, went = Limiter(1.0, 3), 0.0, []
    for gap in gaps:
        clock += gap
        clock += limiter.take(clock)
        went.append(clock)
    assert all(later - early > 0.999 for early, later in zip(went, went[3:], strict=False))


# --- judging ---


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (caused(NetworkError("x"), httpx.ConnectError("x")), NotSent),
        (caused(TimedOut(), httpx.ConnectTimeout("x")), NotSent),
        (caused(TimedOut(), httpx.PoolTimeout("x")), NotSent),
        (caused(TimedOut(), httpx.ReadTimeout("x")), Unknown),
        (caused(TimedOut(), httpx.WriteTimeout("x")), Unknown),
        (caused(NetworkError("x"), httpx.RemoteProtocolError("x")), Unknown),
        (caused(NetworkError("x"), httpx.ReadError("x")), Unknown),
        (NetworkError("Bad Gateway"), Unknown),
        (TimeoutError(), Unknown),
        (Forbidden("Forbidden: bot was blocked by the user"), Unwelcome),
        (BadRequest("Chat not found"), Unwelcome),
        (BadRequest("Message is not modified: specified new"), NothingToChange),
        (BadRequest("Message to edit not found"), NoSuchMessage),
        (BadRequest("Message text is empty"), Wrong),
        (InvalidToken("Unauthorized"), Denied),
    ],
    ids=lambda each: each.__name__ if isinstance(each, type) else repr(each)[:40],
)
def test_a_failure_is_judged_by_its_cause(failure, kind):
    assert isinstance(verdict_on(failure), kind)


@pytest.mark.filterwarnings("ignore:.*`retry_after`")
def test_a_wait_that_telegram_asks_for_is_kept():
    assert verdict_on(RetryAfter(7)).wait_seconds == 7


def test_only_a_server_that_says_so_failed_by_itself():
    assert verdict_on(NetworkError("Bad Gateway")).by_server
    assert not verdict_on(caused(TimedOut(), httpx.ReadTimeout("x"))).by_server


# --- a question that is answered ---


@settings(deadline=None)
@given(st.sampled_from(QuestionState), st.sampled_from(QuestionState), TEXT)
def test_an_answered_question_shows_the_newest_answer_once(first, second, text):
    shown = decided_text(decided_text(text, first), second)
    assert shown.endswith(decision(second))
    assert units(shown) <= LONGEST
    assert shown == decided_text(shown, second)

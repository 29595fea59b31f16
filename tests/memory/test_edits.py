from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from memory import archives, edits
from memory.marks import marked_bullet, read_line
from memory.merging import merge

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
pages = st.builds(
    lambda lines, end, last: end.join(lines) + (end if last else ""),
    st.lists(words, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60), author=words, source=words
)
def test_a_marked_line_reads_back_as_it_was_said(text, author, source):
    line = marked_bullet(text, author=author, source=source, block="m1")
    assert "\n" not in line
    read = read_line(f"{line}\r\n")
    assert read.block == "m1"
    assert read.author == (" ".join(author.split()) or "unknown")
    assert "".join(read.text.split()) == "".join(text.replace("\0", "").split())


@given(pages, words)
def test_what_is_added_can_be_taken_out_and_nothing_else_has_changed(page, said):
    line = marked_bullet(said, author="a", source="s", block="m1")
    added = edits.append_line(page, line)
    assert page in added
    removed = edits.remove_block(added, "m1")
    assert removed is not None
    assert removed == page or removed.rstrip("\r\n") == page.rstrip("\r\n")


@given(pages, words)
def test_the_marked_block_grows_below_whatever_the_person_has(page, said):
    once = edits.append_in_block(page, marked_bullet(said, author="a", source="s", block="m1"))
    twice = edits.append_in_block(once, marked_bullet(said, author="a", source="s", block="m2"))
    assert twice.startswith(page)
    assert edits.remove_block(twice, "m2") == once
    assert twice.count("%%tb begin%%") == once.count("%%tb begin%%")


@given(pages)
def test_cutting_into_lines_loses_nothing(page):
    assert "".join(edits.lines_of(page)) == page


@given(pages, pages)
def test_merging_with_no_change_of_ours_gives_theirs(base, theirs):
    assert merge(base, base, theirs).split() == theirs.split()


@given(pages, st.integers(0, 8))
def test_merging_keeps_our_line_wherever_they_edited(base, at):
    lines = edits.lines_of(base)
    theirs = "".join([*lines[:at], "their new line\n", *lines[at:]])
    ours = edits.append_line(base, "our new line")
    merged = [line.strip() for line in merge(base, ours, theirs).splitlines()]
    assert merged.count("our new line") == 1
    assert merged.count("their new line") >= 1 or "their new line" in "".join(merged)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user", "assistant"]),
            st.text(
                st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), min_size=1
            ),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_an_archive_reads_back_as_it_was_said(said):
    turns = [(speaker, text) for who, raw in said if (text := raw.strip()) for speaker in [who]]
    text = archives.render(datetime(2026, 2, 3, tzinfo=UTC), "k", "s", "web", turns)
    archive = archives.parse(text)
    assert archive is not None
    read = [
        (turn.speaker, [line.rstrip() for line in turn.text.split("\n")]) for turn in archive.turns
    ]
    assert read == [(who, [line.rstrip() for line in raw.split("\n")]) for who, raw in turns]

"""Reading what the person types into the search: words, names, dates and filters.

`budget dt>=2026-01-01 file:work tag:money +rent -car "second floor"`

Nothing here searches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from memory.errors import BadQuery
from memory.words import all_words, content_words, literals

_FILTER = re.compile(
    r"""(?<!\S)(?:
      dt(?P<order>>=|<=|>|<|=|:)"?(?P<day>[^\s"]+)"?
    | file:(?:"(?P<quoted_file>[^"]*)"|(?P<file>\S+))
    | tag:\#?"?(?P<tag>[^\s"]+)"?
    | (?P<sign>[+-])(?:"(?P<phrase>[^"]+)"|(?P<word>[^\W_][^\s"]*))
    )(?!\S)""",
    re.VERBOSE,
)
_MONTHS = "january february march april may june july august september october november december"
MONTHS = {name: at for at, name in enumerate(_MONTHS.split(), start=1)}
MONTHS |= {name[:3]: at for name, at in MONTHS.items()} | {"sept": 9}
_MONTH = rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATES = [
    re.compile(r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b"),
    re.compile(rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}(?:,?\s+{_YEAR})?\b", re.I),
    re.compile(rf"\b{_MONTH}\s+{_DAY}\b(?:,?\s+{_YEAR})?", re.I),
    re.compile(rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b", re.I),
    # "may" and "march" alone are verbs more often than months, unless written as names.
    re.compile(
        rf"\b(?:in|of|since|during|last|this|early|late|mid|until|by)[\s-]+{_MONTH}\b", re.I
    ),
    re.compile(rf"\b(?:in|of|since|during|early|late)\s+{_YEAR}\b", re.I),
]
_RELATIVE = {"today": 0, "yesterday": 1}
_LATEST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|current(?:ly)?|right now|last time)\b", re.I
)


# Words that only frame a question: what kind of ..., how many ...
FRAMES = frozenset(["kind", "type", "sort", "many", "much"])


@dataclass(frozen=True)
class NamedDate:
    """A date that the question names; what it leaves open is None."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True)
class Query:
    """A question taken apart. `words` are folded content words with names and filters out;
    `wording` is the question itself without them.
    """

    text: str
    words: tuple[str, ...]
    wording: str = ""
    literals: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    dates: tuple[NamedDate, ...] = ()
    latest: bool = False
    since: date | None = None
    until: date | None = None
    files: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()

    @property
    def has_filters(self) -> bool:
        """Whether anything narrows the notes that may be found."""
        narrowed = self.since or self.until or self.files or self.tags
        return bool(narrowed or self.must or self.must_not)


def needs_today(text: str) -> bool:
    """Tell whether a question names a day by its distance from today."""
    return any(word in text.lower() for word in _RELATIVE)


def parse_query(text: str, *, authors: Iterable[str] = (), today: date | None = None) -> Query:
    """Take a question apart; BadQuery for a filter that cannot be read.

    Without `today`, words like yesterday are only words. `authors` are those who wrote or spoke
    in the notes: their names in the question say who is meant, not what was said.
    """
    since, until = date.min, date.max
    found: dict[str, list[str]] = {"file": [], "tag": [], "+": [], "-": []}
    for each in _FILTER.finditer(text):
        if each["order"]:
            first, last = _range(each["order"], each["day"], today)
            since, until = max(since, first), min(until, last)
        elif each["tag"]:
            found["tag"].append(each["tag"].lower())
        elif each["sign"]:
            found[each["sign"]].append((each["phrase"] or each["word"]).lower())
        else:
            found["file"].append((each["quoted_file"] or each["file"] or "").lower())
    plain = _FILTER.sub(" ", text)
    asked = " ".join([plain, *found["+"]])
    names = _named(asked, authors)
    dates = named_dates(plain, today)
    return Query(
        text=text,
        words=tuple(_asked_words(asked, names)),
        wording=_nameless(asked, names),
        literals=tuple(dict.fromkeys(literals(asked))),
        names=tuple(names),
        dates=dates,
        latest=bool(_LATEST.search(plain)),
        since=None if since == date.min else since,
        until=None if until == date.max else until,
        files=tuple(found["file"]),
        tags=tuple(found["tag"]),
        must=tuple(found["+"]),
        must_not=tuple(found["-"]),
    )


def named_dates(text: str, today: date | None) -> tuple[NamedDate, ...]:
    """Find the dates that a question names; a day inside a longer date is not told twice."""
    found, rest = list[NamedDate](), text
    for pattern in _DATES:
        for each in pattern.finditer(rest):
            parts = each.groupdict()
            found.append(
                NamedDate(_number(parts.get("year")), _month(parts), _number(parts.get("day")))
            )
        rest = pattern.sub(" ", rest)
    for word, days in _RELATIVE.items():
        if today and re.search(rf"\b{word}\b", rest, re.I):
            day = today - timedelta(days=days)
            found.append(NamedDate(day.year, day.month, day.day))
    return tuple(dict.fromkeys(found))


def _named(text: str, authors: Iterable[str]) -> list[str]:
    """Give the authors whose first or whole name the text has as a name."""
    capitalised = {word.lower() for word in re.findall(r"[^\W\d_]+", text) if word[0].isupper()}
    spoken = {author: all_words(author) for author in authors}
    return sorted(
        author
        for author, words in spoken.items()
        if words
        and words[0] in capitalised | _lowered(text)
        and author.lower() not in ("user", "assistant", "system", "tool")
    )


def _lowered(text: str) -> set[str]:
    return set(all_words(text)) if text == text.lower() else set()


def _asked_words(text: str, names: list[str]) -> list[str]:
    """Give the words to look for; a question of nothing but a name looks for the name."""
    said = list(dict.fromkeys(content_words(text)))
    parts = {part for name in names for part in all_words(name)}
    about = [word for word in said if word not in parts]
    return [word for word in about if word not in FRAMES] or about or said


def _nameless(text: str, names: list[str]) -> str:
    """Take names out of a question: else every "Wow, Ana!" is near every question about Ana."""
    parts = "|".join(re.escape(part) for name in names for part in name.split())
    bare = re.sub(rf"\b(?:{parts})(?:['’]s)?\b", " ", text, flags=re.I) if parts else text
    return " ".join(bare.split())


def _range(order: str, said: str, today: date | None) -> tuple[date, date]:
    day = today - timedelta(days=_RELATIVE[said]) if today and said in _RELATIVE else None
    if day is None:
        try:
            day = date.fromisoformat(said)
        except ValueError:
            raise BadQuery(f"dt{order}{said}", "write the day as dt>=2026-01-31") from None
    one = timedelta(days=1)
    match order:
        case ">=":
            return day, date.max
        case "<=":
            return date.min, day
        case ">":
            return day + one, date.max
        case "<":
            return date.min, day - one
        case _:
            return day, day


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _month(parts: dict[str, str | None]) -> int | None:
    said = parts.get("month")
    if not said:
        return None
    return int(said) if said.isdigit() else MONTHS[said.lower()]

"""Finding names of people and things to link. Prefers to miss one over linking a plain word."""

from __future__ import annotations

import re
from collections import Counter

from memory.word_lists import word_set

NAME = r"(?:(?:Prof|Dr|Mr|Ms|Mrs)\.? )?[A-Z][a-zà-ÿ]+(?:-[A-Z][a-zà-ÿ]+)?"
BEFORE_PEOPLE = re.compile(
    rf"\b(?:with|from|ask|asked|call|called|tell|told|email|emailed|met|meet|ping|cc|thank|"
    rf"thanks to|"
    rf"see|text|invite|owe|for|by|to|and) (?P<name>{NAME}(?: {NAME})?)\b"
)
AFTER_PEOPLE = re.compile(
    rf"(?:^|[.!?;:,-] |\n\s*(?:[-*] )?)(?P<name>{NAME}(?: {NAME})?)(?:'s|’s)? (?:will|said|says|"
    r"wants|wanted|asked|asks|needs|thinks|prefers|mentioned|suggested|promised|to (?=[a-z])|is "
    r"going|"
    r"has|can|should|agreed|told|sent|called|wrote)\b"
)
MENTION = re.compile(r"(?<![\w@])@(?P<name>[A-Za-z][\w-]+)")
LINK = re.compile(r"\[\[([^\]|#^]+)")
THING = re.compile(
    rf"(?<=[a-z,;(] )(?P<name>(?:[A-Z][a-z]+[A-Z]\w+|{NAME}\b|[A-Z]{{2,}}[\w-]*)(?: (?:{NAME}|"
    rf"[A-Z0-9]{{2,}}[\w-]*|\d+))*)"
)
CAMEL = re.compile(r"\b(?P<name>[A-Z][a-z]+[A-Z]\w+)\b")
NOT_NAMES = word_set(
    "Prof Dr Mr Ms Mrs "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May "
    "June "
    "July August September October November December Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar "
    "Apr Jun "
    "Jul Aug Sep Sept Oct Nov Dec TODO FIXME AI OK ASAP FYI PS TBD EOD EOW AM PM Today Tomorrow "
    "Next "
    "The This That These Those It There What When Where Why How Who Which If And But Or So Then "
    "Also "
    "Maybe Please Thanks Yes No Not Still Everyone Someone Nobody Everybody People We You They "
    "He She "
    "Need Ask Call Send Buy Check Email Book Fix Talk Decision Question Idea Action Note "
    "English German"
)


def people_in(text: str) -> tuple[str, ...]:
    """Give names that stand where a person stands: after "ask", before "will", behind an @."""
    found = [match["name"] for p in (AFTER_PEOPLE, BEFORE_PEOPLE) for match in p.finditer(text)]
    # "to Berlin", "for Mozart": the looser places count only for a name that is also used closely.
    close = {match["name"] for match in AFTER_PEOPLE.finditer(text)}
    close |= {
        match["name"]
        for match in BEFORE_PEOPLE.finditer(text)
        if not re.match(r"(?:for|by|to|and) ", match[0])
    }
    mentions = [match["name"] for match in MENTION.finditer(text)]
    kept = [name for name in found if name in close and _is_name(name)]
    return tuple(dict.fromkeys([*kept, *mentions]))


def things_in(text: str) -> tuple[str, ...]:
    """Give linked pages, CamelCase names, and capitalised names that come more than once."""
    linked = [name.strip() for name in LINK.findall(text)]
    counted = Counter(match["name"] for match in THING.finditer(text))
    often = [n for n, count in counted.items() if _is_name(n) and (count > 1 or " " in n)]
    camel = [match["name"] for match in CAMEL.finditer(text)]
    people = set(people_in(text))
    return tuple(dict.fromkeys(n for n in [*linked, *often, *camel] if n not in people))


def _is_name(name: str) -> bool:
    return not set(name.split()) & NOT_NAMES

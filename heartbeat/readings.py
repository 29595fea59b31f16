"""Laying one clause beside one title: what of the title it names, and whether the act fits."""

from __future__ import annotations

from dataclasses import dataclass

from heartbeat.acts import Act, act_of, is_title_word, touches
from heartbeat.claims import is_past
from heartbeat.cues import HELPERS, PAST_OR_NOT
from heartbeat.spoken import Spoken
from heartbeat.titles import Title
from heartbeat.words import alike, bare, is_noise, stem, verb_group, word_set

ENOUGH = 0.75
"""Share of a title's weight that a clause must name before it can speak for the whole task."""

SOME = 0.45
"""Share of a title's weight from which a clause may mean the task, or a part of it."""

NARROWING = word_set(
    """outline outlines draft drafts introduction intro abstract section sections chapter chapters
    page pages paragraph paragraphs slide slides figure figures skeleton beginning heading title
    table tables notes question questions exercise exercises step steps item items appendix
    conclusion bibliography summary email mail reminder appointment estimate quote form template
    budget research materials"""
)
"""Words for a part of a thing, or for what comes before it."""


@dataclass(frozen=True)
class Reading:
    """One clause beside one title.

    `narrowed`: it names a part of the thing. `shifted`: the thing's name goes on into another's
    ("milk chocolate"). `spans_further`: the title counts more than the clause does.
    `nothing_else`: every thing that it names is in the title. `quotes`: it says the title
    word by word where that may be a command ("read chapter 3").
    `is_headed`: it names the first word of a title that begins with no verb that we know.
    """

    title: Title
    coverage: float
    named: frozenset[str]
    act: Act
    touches: bool
    narrowed: bool
    shifted: bool
    numbers_fit: bool
    spans_further: bool
    nothing_else: bool
    quotes: bool
    is_headed: bool

    @property
    def score(self) -> float:
        """Give the share named, a little less where the act is only implied."""
        return round(self.coverage * (1.0 if self.act is Act.SAME else 0.95), 3)

    @property
    def may_mean(self) -> bool:
        """Tell whether the clause may mean this task, wholly or in part."""
        return self.touches and (self.coverage >= SOME or self.nothing_else)

    @property
    def names_it(self) -> bool:
        """Tell whether the clause names this task and nothing narrower or other."""
        fits = self.touches and self.numbers_fit and not self.spans_further
        return fits and self.coverage >= ENOUGH and not (self.narrowed or self.shifted)

    @property
    def is_whole(self) -> bool:
        """Tell whether the clause says that this task was done."""
        implied = self.act is Act.IMPLIED and self.is_headed
        return self.names_it and (self.act is Act.SAME or implied) and not self.quotes


def lay_beside(spoken: Spoken, title: Title) -> Reading:
    """Read a clause as if it spoke of a task."""
    named = frozenset(one for one in title.stems if any(alike(one, word) for word in spoken.stems))
    total = sum(weight for _, weight in title.weights)
    covered = sum(weight for one, weight in title.weights if one in named)
    numbers = spoken.numbers
    return Reading(
        title=title,
        coverage=covered / total if total else 0.0,
        named=named,
        act=act_of(spoken, title) if named else Act.OTHER,
        touches=bool(named) and touches(spoken, title),
        narrowed=bool(named) and is_narrowed(spoken, title),
        shifted=bool(named) and is_shifted(spoken, title),
        numbers_fit=not title.numbers or not numbers or bool(numbers & title.numbers),
        spans_further=title.spans and not title.numbers <= numbers,
        nothing_else=bool(named) and all(is_of(word, title) for word in spoken.stems),
        quotes=PAST_OR_NOT.issuperset(title.phrase[:1]) and title.phrase in spoken.phrases,
        is_headed=bool(title.verb) or bool(title.weights and title.weights[0][0] in named),
    )


def is_narrowed(spoken: Spoken, title: Title) -> bool:
    """Tell whether a part of the thing is named: "the outline", "one side of the fence"."""
    return any(
        (word in NARROWING and word not in title.spelt) or is_share_of(phrase, place, title)
        for phrase in spoken.phrases
        if is_acting(phrase)
        for place, word in enumerate(leading_up(phrase, title))
    )


def leading_up(phrase: tuple[str, ...], title: Title) -> tuple[str, ...]:
    """Give the words before the title's last; all of them when the phrase names none."""
    places = [place for place, word in enumerate(phrase) if is_title_word(word, title)]
    return phrase[: places[-1]] if places else phrase


def is_acting(phrase: tuple[str, ...]) -> bool:
    """Tell whether a phrase has an act in it, and is not an aside such as ", slides and all"."""
    return any(is_past(word) or verb_group(stem(word)) for word in phrase)


def is_share_of(phrase: tuple[str, ...], place: int, title: Title) -> bool:
    """Tell whether a word leads over "of" to the title's thing without being of the title."""
    if phrase[place + 1 : place + 2] != ("of",):
        return False
    after = [word for word in phrase[place + 2 : place + 5] if word not in ARTICLES]
    if not after or not is_title_word(after[0], title):
        return False
    word = phrase[place]
    return not (is_title_word(word, title) or word in WHOLE_OF or is_past(word))


def is_of(stemmed: str, title: Title) -> bool:
    """Tell whether a stem is one of the title's, or names no thing of its own."""
    if verb_group(stemmed) or is_noise(stemmed) or is_past(stemmed):
        return True
    return any(alike(stemmed, one) for one in title.stems)


def is_shifted(spoken: Spoken, title: Title) -> bool:
    """Tell whether the last word that names the task leads on into another thing.

    "Milk chocolate" is not milk, and "the rent for the rehearsal room" may not be the rent.
    """
    for phrase in spoken.phrases:
        places = [place for place, word in enumerate(phrase) if is_title_word(word, title)]
        if places and "for" in phrase[places[0] : places[-1]] and "for" not in title.spelt:
            return True
        after = phrase[places[-1] + 1 :] if places else ()
        following = [word for word in after if bare(word) not in ARTICLES]
        if following and following[0] in BELONGING:
            # "Called the lab to move the date" tells why; "sent the form to the bank" tells which.
            following = following[1:] if not verb_group(stem("".join(following[1:2]))) else []
        if following and is_thing(following[0]):
            return True
    return False


def is_thing(word: str) -> bool:
    """Tell whether a word after a task's name can be the name of another thing."""
    small = is_noise(stem(bare(word))) or word in HELPERS or bare(word) in FOLLOWERS
    return not (small or is_past(word) or word.isdigit())


ARTICLES = word_set("a an the this that these those my our your his her their its s")
BELONGING = word_set("of for to")
WHOLE_OF = word_set("all both rest end whole most half some part bit lot")
FOLLOWERS = word_set(
    """a an the this that these those my your our his her their its of to for in on at by with
    from about into over up out off and or as is are was were be been i we you he she it they
    just so then also too very really all now today already finally has have had did get got
    yesterday before after during while because since through via per using without around
    earlier again twice once together online there here this morning afternoon evening night
    lunch noon done finished complete completed sorted ready went took which who when where if
    monday tuesday wednesday thursday friday saturday sunday last next first sent paid submitted
    until till between within and but well good great fine yay lol hooray thanks phew session
    sessions so which that took after"""
)

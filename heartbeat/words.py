"""Making words of one's speech and of a task's title comparable. Nothing here judges a match.

Stems are light on purpose: they join "called" with "call" and "boxes" with "box", and leave
"lecturer" apart from "lecture".
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

WORD_AS_SPELT = re.compile(r"[^\W_]+(?:['’][A-Za-z]+)?")
WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?")


def word_set(text: str) -> frozenset[str]:
    """Give the words of a text, written one after another."""
    return frozenset(text.split())


STOPWORDS = word_set(
    """a an the this that these those my your our his her their its of to for in on at by with
    from about into over up out off and or as is are was were be been am i me we us you he she it
    they them just so then also too very really all now today already finally some any new again
    please ok okay yes well got get have has had do did does s t ll ve re d m will"""
)

IRREGULAR = {
    form: stem
    for stem, forms in {
        "analysis": "analyses", "begin": "began begun", "bring": "brought", "build": "built",
        "buy": "bought", "bus": "buses", "catch": "caught", "child": "children",
        "choose": "chose chosen", "deal": "dealt", "do": "did done does doing",
        "draw": "drew drawn", "drive": "drove driven", "eat": "ate eaten", "feed": "fed",
        "find": "found", "get": "got gotten", "give": "gave given", "go": "went gone",
        "grow": "grew grown", "hang": "hung", "hold": "held", "keep": "kept", "know": "knew known",
        "lay": "laid", "learn": "learnt", "leave": "left", "lend": "lent", "make": "made",
        "meet": "met", "pay": "paid", "person": "people", "ride": "rode ridden",
        "ring": "rang rung", "run": "ran", "sell": "sold", "send": "sent", "shoot": "shot",
        "sing": "sang sung", "sleep": "slept", "speak": "spoke spoken", "spend": "spent",
        "stand": "stood", "sweep": "swept", "swim": "swam swum", "take": "took taken",
        "teach": "taught", "tell": "told", "thesis": "theses", "think": "thought",
        "throw": "threw thrown", "wake": "woke woken", "wear": "wore worn", "win": "won",
        "write": "wrote written",
    }.items()
    for form in forms.split()
}  # fmt: skip

SAME_VERB = {
    form: group
    for group, forms in {
        "buy": "buy purchase order",
        "call": "call phone ring",
        "send": "send email mail post message text",
        "write": "write draft compose",
        "fix": "fix repair solve resolve debug patch",
        "book": "book reserve",
        "submit": "submit hand turn file upload",
        "replace": "replace change swap exchange",
        "remove": "remove delete",
        "clean": "clean tidy vacuum wash scrub",
        "study": "study learn revise practice practise",
        "read": "read reread skim",
        "review": "review check proofread",
        "prepare": "prepare prep make",
        "finish": "finish complete do wrap finalize finalise",
        "cancel": "cancel unsubscribe",
        "reply": "reply answer respond",
        "pay": "pay settle",
        "visit": "visit see attend go",
        "return": "return",
        "renew": "renew extend",
        "install": "install",
        "backup": "backup back",
        "update": "update upgrade",
        "watch": "watch",
        "plan": "plan",
        "organise": "organise organize sort arrange",
        "ask": "ask",
        "water": "water",
        "walk": "walk",
        "merge": "merge",
        "deploy": "deploy ship release",
        "test": "test",
        "print": "print",
        "scan": "scan",
        "sign": "sign",
        "cook": "cook bake",
        "refactor": "refactor rewrite",
        "translate": "translate",
        "meet": "meet talk speak",
        "move": "move",
        "register": "register enrol enroll",
        "start": "start begin open",
        "measure": "measure benchmark profile",
        "outline": "outline sketch",
        "discuss": "discuss mention",
        "look": "look think consider",
        "charge": "charge",
        "iron": "iron",
        "paint": "paint",
        "collect": "collect fetch",
        "pick": "pick grab",
        "apply": "apply",
        "record": "record",
        "design": "design",
        "implement": "implement code build",
        "forget": "forget miss skip postpone",
        "lose": "lose",
        "want": "want need",
    }.items()
    for form in forms.split()
}  # fmt: skip


LONGEST_DOUBLE_L = 5
"""Up to here a double l belongs to the word ("spell"), beyond to its ending ("cancelled")."""


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """Bring a word to its light stem."""
    word = IRREGULAR.get(word, word)
    if word.isdigit() or len(word) <= 3:
        return word
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return trimmed(word[: -len(ending)])
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith("ll") and len(word) > LONGEST_DOUBLE_L:
        return word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def stem_set(text: str) -> frozenset[str]:
    """Give the stems of a text's words."""
    return frozenset(stem(word) for word in text.split())


def trimmed(root: str) -> str:
    """Undo what an ending did to a root: a doubled consonant, or `i` for `y`."""
    doubled = len(root) > 3 and root[-1] == root[-2]
    if doubled and (root[-1] not in "lsz" or (root[-1] == "l" and len(root) > LONGEST_DOUBLE_L)):
        return root[:-1]
    if root.endswith("i"):
        return root[:-1] + "y"
    return root[:-1] if root.endswith("e") and len(root) > 3 else root


def plain(text: str) -> str:
    """Fold case, accents and typographic quotes away."""
    folded = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    return "".join(sign for sign in folded if not unicodedata.combining(sign))


def words(text: str) -> list[str]:
    """Split a text into plain words, in order; "don't" stays one word."""
    return WORD.findall(plain(text))


def stems(text: str) -> list[str]:
    """Give a text's stems in order, small words left out; the A of "paper A" stays."""
    named = {place for place, word in enumerate(WORD_AS_SPELT.findall(text)) if is_letter(word)} - {
        0
    }
    return [
        stem(bare(word))
        for place, word in enumerate(words(text))
        if bare(word) not in STOPWORDS or place in named
    ]


def is_letter(word: str) -> bool:
    """Tell whether a word is a single capital that names something, and not "I"."""
    return len(word) == 1 and word.isupper() and word != "I"


def bare(word: str) -> str:
    """Take a possessive or a short form off a word."""
    return word.partition("'")[0]


KIN = {
    "buy": frozenset({"buy", "pick"}),
    "collect": frozenset({"collect", "pick"}),
    "pick": frozenset({"pick", "buy", "collect"}),
}


def kin(group: str) -> frozenset[str]:
    """Give the groups of verbs that can stand for a group."""
    return KIN.get(group, frozenset({group}))


def verb_group(stemmed: str) -> str | None:
    """Give the group of verbs that a stem belongs to, None when it is no verb that we know."""
    return GROUP_OF_STEM.get(stemmed)


GROUP_OF_STEM = {stem(form): group for form, group in SAME_VERB.items()}

SHORTEST_TYPO = 6
SHORTEST_ROOT = 7


def alike(one: str, other: str) -> bool:
    """Tell whether two stems mean the same word: equal, one slip of the keys, or one long root.

    The first letter is never the slip, so that words can be looked up by it.
    """
    if one == other:
        return True
    if one[0] != other[0] or min(len(one), len(other)) < SHORTEST_TYPO:
        return False
    if not (one.isalpha() and other.isalpha()):
        return False
    root = min(len(one), len(other))
    same_root = (
        root >= SHORTEST_ROOT and one[:root] == other[:root] and abs(len(one) - len(other)) <= 2
    )
    return same_root or one_slip(one, other)


def one_slip(one: str, other: str) -> bool:
    """Tell whether one letter was changed, left out, put in or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    if start < 0:
        return True
    left, right = one[start:], other[start:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]


def is_noise(stemmed: str) -> bool:
    """Tell whether a stem names no thing: small words, adverbs, words of praise and of time."""
    return stemmed in NOISE or stemmed in STOPWORDS or (stemmed.endswith("ly") and len(stemmed) > 4)


NOISE = stem_set(
    """yesterday today tonight tomorrow morning afternoon evening night earlier later before after
    minute hour day week month monday tuesday wednesday thursday friday saturday sunday half part
    some rest bit little more most few still yet almost nearly finish done complete first last
    thing everything something next only way go good great fine nice happy hard quick quickly
    nobody anybody one two three four five six seven eight nine ten twenty
    thirty lunch dinner noon online work progress twice once again together long short while ago"""
)

"""Cutting text into the words that carry its meaning. Nothing here searches or stems.

Words come lower-case, without accents and possessives, irregular forms folded (went -> go), the
words that say nothing left out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CONTRACTION = re.compile(r"(?:n['’]t|['’](?:s|t|m|re|ve|ll|d))$")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
# Longer runs are encoded files, not ids that anybody types.
_ID_CHARS = 100
_DIGIT = re.compile(r"\d")
# An id: letters and digits in one run, or digits joined by - _ . / : as in ABC-123 and 4f1c:9.
_ID = re.compile(r"(?=\S*?(?:[^\W\d_]|\d[-_./:]\d))\w(?:[\w./:-]*\w)?")

_SAYS_NOTHING = """
a about after again all also am an and any are as at be because been before being between both
but by can could did do does doing don down during each few for from further had has have having
he her here hers herself him himself his how i if in into is it its itself just let me more most
my myself no nor not of off on once only or other our ours out over own same she should so some
such than that the their theirs them themselves then there these they this those through to too
under until up us very was we were what when where which while who whom whose why will with
would you your yours yourself oh hey hi yeah yes wow ok okay thanks ain aren couldn didn doesn
hadn hasn haven isn mightn mustn needn shan shouldn wasn weren won wouldn ll ve re im
"""
STOP_WORDS = frozenset(_SAYS_NOTHING.split())

_IRREGULAR = """
be: was were been being am is are | become: became | begin: began begun | bend: bent
bite: bit bitten | bleed: bled | blow: blew blown | break: broke broken
breed: bred | bring: brought | build: built | burn: burnt | buy: bought | catch: caught
choose: chose chosen | come: came | creep: crept | deal: dealt
dig: dug | dive: dove | do: did done does | draw: drew drawn | dream: dreamt | drink: drank drunk
drive: drove driven | eat: ate eaten | fall: fell fallen | feed: fed | feel: felt
fight: fought | find: found | fly: flew flown flies | forget: forgot forgotten
forgive: forgave forgiven | freeze: froze frozen | get: got gotten | give: gave given
go: went gone goes | grow: grew grown | hang: hung | have: had has | hear: heard | hide: hid hidden
hold: held | keep: kept | know: knew known | lay: laid | lead: led
learn: learnt | leave: left | lend: lent | light: lit | lose: lost | make: made
mean: meant | meet: met | pay: paid | prove: proven | ride: rode ridden
ring: rang rung | rise: rose risen | run: ran running | say: said | see: saw seen | seek: sought
sell: sold | send: sent | sew: sewn | shake: shook shaken | shine: shone | shoot: shot
show: shown | shrink: shrank shrunk | sing: sang sung | sink: sank sunk | sit: sat | sleep: slept
slide: slid | speak: spoke spoken | spend: spent | spin: spun | stand: stood
steal: stole stolen | stick: stuck | strike: struck | swear: swore sworn | sweep: swept
swim: swam swum | swing: swung | take: took taken | teach: taught | tear: tore torn | tell: told
think: thought | throw: threw thrown | understand: understood | wake: woke woken
wear: wore worn | weave: woven | win: won | write: wrote written | withdraw: withdrew withdrawn
child: children kids kid | man: men | woman: women | person: people | foot: feet | tooth: teeth
mouse: mice | goose: geese | life: lives | wife: wives | knife: knives | leaf: leaves
half: halves | shelf: shelves | self: selves | good: better best | bad: worse worst
mom: mum mother mommy | dad: father daddy | photo: photograph pic
"""

IRREGULAR = {
    form: entry.split(":")[0].strip()
    for entry in re.split(r"[|\n]", _IRREGULAR)
    if ":" in entry
    for form in entry.split(":")[1].split()
}


def content_words(text: str) -> list[str]:
    """Give the words that carry meaning, folded, in order."""
    return [word for found in _WORD.findall(text) for word in _telling(found)]


def all_words(text: str) -> list[str]:
    """Give every word, folded, in order."""
    return [part for found in _WORD.findall(text) for part in _folded(found)]


def literals(text: str) -> list[str]:
    """Give the runs that word search cannot reach into: CJK text and ids such as ABC-123."""
    found = [] if text.isascii() else _CJK.findall(text)
    if not _DIGIT.search(text):
        return found
    parts = (part for part in text.lower().split() if len(part) <= _ID_CHARS)
    numbered = (part for part in parts if _DIGIT.search(part))
    ids = (run for part in numbered for run in _ID.findall(part) if _DIGIT.search(run))
    return [*found, *ids]


@lru_cache(maxsize=100_000)
def _telling(word: str) -> tuple[str, ...]:
    return tuple(part for part in _folded(word) if part not in STOP_WORDS)


@lru_cache(maxsize=100_000)
def _folded(word: str) -> tuple[str, ...]:
    bare = unicodedata.normalize("NFKD", _CONTRACTION.sub("", word.lower()))
    plain = "".join(each for each in bare if not unicodedata.combining(each))
    return tuple(IRREGULAR.get(part, part) for part in re.findall(r"[^\W_]+", plain))

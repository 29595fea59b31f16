"""Labelled sessions for the task auditor: what was said, the open tasks, what that amounts to.

These, `_auditor_more_cases` and `_auditor_third_cases` were looked at while the rules were made;
`_auditor_held_out` has those that were only counted, with other tasks, templates and lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import TypeAlias


@dataclass(frozen=True)
class Whole:
    """The task was done."""

    title: str


@dataclass(frozen=True)
class PartOf:
    """Some of the task was done."""

    title: str


@dataclass(frozen=True)
class OneOf:
    """One of these was done; only the person can say which."""

    titles: tuple[str, ...]


@dataclass(frozen=True)
class Nothing:
    """No open task was done."""


Label: TypeAlias = Whole | PartOf | OneOf | Nothing


@dataclass(frozen=True)
class Case:
    """A session and its label."""

    tasks: tuple[str, ...]
    said: tuple[str, ...]
    label: Label
    studied: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Errand:
    """A task as its parts of speech: title, verb forms, the thing in full and in short."""

    title: str
    base: str
    past: str
    participle: str
    gerund: str
    thing: str


def errands(text: str) -> tuple[Errand, ...]:
    """Read errands, one a line: title | base past participle gerund | thing."""
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    return tuple(Errand(title, *forms.split(), thing) for title, forms, thing in rows)


TUNE_ERRANDS = errands(
    """
    Call the dentist | call called called calling | the dentist
    Write grant draft | write wrote written writing | the grant draft
    Submit tax return | submit submitted submitted submitting | the tax return
    Buy birthday present for Mum | buy bought bought buying | the birthday present for Mum
    Fix the login bug | fix fixed fixed fixing | the login bug
    Read chapter 3 of the maths book | read read read reading | chapter 3 of the maths book
    Book train tickets to Graz | book booked booked booking | the train tickets to Graz
    Clean the kitchen | clean cleaned cleaned cleaning | the kitchen
    Send invoice to Weber | send sent sent sending | the invoice to Weber
    Pay the electricity bill | pay paid paid paying | the electricity bill
    Review PR 41 | review reviewed reviewed reviewing | PR 41
    Prepare slides for the talk | prepare prepared prepared preparing | the slides for the talk
    Renew library card | renew renewed renewed renewing | my library card
    Water the plants | water watered watered watering | the plants
    Practice piano scales | practice practiced practiced practicing | my piano scales
    Cancel gym membership | cancel cancelled cancelled cancelling | the gym membership
    Translate the abstract | translate translated translated translating | the abstract
    Update the README | update updated updated updating | the README
    Order printer toner | order ordered ordered ordering | printer toner
    Back up the laptop | back backed backed backing | the laptop
    """
)

NEXT_ERRANDS = errands(
    """
    Email Dr. Huber about the exam | email emailed emailed emailing | Dr. Huber about the exam
    Finish problem set 4 | finish finished finished finishing | problem set 4
    Repair the bicycle lamp | repair repaired repaired repairing | the bicycle lamp
    Draft cover letter for ETH | draft drafted drafted drafting | the cover letter for ETH
    Pick up the parcel | collect collected collected collecting | the parcel
    Sign the rental contract | sign signed signed signing | the rental contract
    Merge the scheduler branch | merge merged merged merging | the scheduler branch
    Register for the spring exam | register registered registered registering | for the spring exam
    Bake a cake for the school fair | bake baked baked baking | the cake for the school fair
    Proofread Lena's thesis | proofread proofread proofread proofreading | Lena's thesis
    Measure cache misses on H100 | measure measured measured measuring | cache misses on the H100
    Sort the tax receipts | sort sorted sorted sorting | the tax receipts
    Return the drill to Karim | return returned returned returning | the drill to Karim
    Scan passport | scan scanned scanned scanning | my passport
    Refactor the parser tests | refactor refactored refactored refactoring | the parser tests
    Reserve a table at Luigi's | reserve reserved reserved reserving | a table at Luigi's
    Iron the white shirts | iron ironed ironed ironing | the white shirts
    Install the new router | install installed installed installing | the new router
    Vacuum the stairs | vacuum vacuumed vacuumed vacuuming | the stairs
    Reply to the landlord | reply replied replied replying | to the landlord
    """
)

TUNE_WHOLE = (
    "I {past} {thing}",
    "just {past} {thing}.",
    "finished {gerund} {thing}",
    "{Past} {thing} today, and then went for a walk",
    "ok so I {past} {thing}! What's next?",
    "yesterday I finally {past} {thing}",
    "I have {participle} {thing}",
    "need to rest. I {past} {thing}",
)
NEXT_WHOLE = (
    "{past} {thing} this morning",
    "I've now {participle} {thing}",
    "done {gerund} {thing}",
    "managed to {base} {thing} before lunch",
    "Good news: I {past} {thing}",
    "finally got round to {gerund} {thing}, done!",
    "{Past} {thing}. Took two hours, but whatever",
    "it's late but I did it: {participle} {thing}",
    "was able to {base} {thing} after all",
    "I {past} {thing} so that is off my list",
)
TUNE_PART = (
    "I {past} half of {thing}",
    "started {gerund} {thing}",
    "I {past} {thing}, but only partly",
    "made some progress {gerund} {thing}",
    "almost finished {gerund} {thing}",
    "worked on {gerund} {thing} for an hour",
)
NEXT_PART = (
    "got about 60% through {gerund} {thing}",
    "I've begun {gerund} {thing}",
    "nearly done {gerund} {thing}",
    "tried {gerund} {thing} and got stuck halfway",
    "{Past} the first half of {thing}",
    "I {past} {thing} except for the last bit",
    "spent the evening {gerund} {thing}, about two thirds done",
)
TUNE_NOTHING = (
    "I need to {base} {thing}",
    "still have to {base} {thing}",
    "haven't {participle} {thing} yet",
    "tomorrow I'll {base} {thing}",
    "forgot to {base} {thing}",
    "should I {base} {thing}?",
    "my sister {past} {thing}",
    "I did not {base} {thing}",
    "thinking about {gerund} {thing}",
    "I was going to {base} {thing} but the shop was closed",
    "Anna {past} {thing} last week",
    "{gerund} {thing} is boring",
)
NEXT_NOTHING = (
    "didn't get round to {gerund} {thing}",
    "no time for {gerund} {thing} today",
    "{gerund} {thing} can wait until Friday",
    "going to {base} {thing} after lunch",
    "remind me to {base} {thing}",
    "did I {base} {thing} already?",
    "never {past} {thing}, sorry",
    "I'd love to have {participle} {thing} by Friday",
    "if I {base} {thing} today I can rest",
    "my flatmate {past} {thing}",
    "Peter has {participle} {thing} for his own list",
    "I keep putting off {gerund} {thing}",
    "when I've {participle} {thing} I'll take a break",
    "{thing}... ugh, next week maybe",
    "could you {base} {thing} for me?",
    "had planned to {base} {thing}, did nothing instead",
    "I wish I had {participle} {thing}",
    "finished lunch, now {gerund} {thing}",
    "I should have {participle} {thing} by now",
    "someone already {past} {thing}? I doubt it",
)


def spoken(template: str, errand: Errand) -> str:
    """Fill a template with an errand's words."""
    return template.format(
        base=errand.base,
        past=errand.past,
        Past=errand.past.capitalize(),
        participle=errand.participle,
        gerund=errand.gerund,
        thing=errand.thing,
    )


def made_up(
    known: tuple[Errand, ...],
    whole: tuple[str, ...],
    part: tuple[str, ...],
    nothing: tuple[str, ...],
    rng: Random,
) -> Iterator[Case]:
    """Put every third errand into every template, among other open tasks."""
    kinds = [(Whole, whole), (PartOf, part), (Nothing, nothing)]
    for (kind, templates), (place, errand) in product(kinds, enumerate(known)):
        for number, template in enumerate(templates):
            if (place + number) % 3:
                continue
            others = [one.title for one in rng.sample(known, rng.randint(2, 8)) if one != errand]
            tasks = [*others, errand.title]
            rng.shuffle(tasks)
            label = Nothing() if kind is Nothing else kind(errand.title)
            yield Case(tuple(tasks), (spoken(template, errand),), label)


DAY = ("Call the dentist", "Write grant draft", "Buy milk and eggs", "Study GPU scheduler", "Gym")

TUNE_BY_HAND = (
    Case(DAY, ("the grant draft is done!",), Whole("Write grant draft")),
    Case(DAY, ("grant draft ✅",), Nothing()),
    Case(DAY, ("grant draft done",), Whole("Write grant draft")),
    Case(DAY, ("dentist called, they moved my appointment",), Nothing()),
    Case(DAY, ("I phoned the dentist",), Whole("Call the dentist")),
    Case(DAY, ("I drove past the dentist",), Nothing()),
    Case(DAY, ("bought milk",), PartOf("Buy milk and eggs")),
    Case(DAY, ("got milk and eggs",), Whole("Buy milk and eggs")),
    Case(DAY, ("bought milk, eggs and bread",), Whole("Buy milk and eggs")),
    Case(DAY, ("read about grant drafts online",), Nothing()),
    Case(DAY, ("I wrote the outline of the grant draft",), PartOf("Write grant draft")),
    Case(
        DAY, ("wrote the grant draft but still need to proofread it",), PartOf("Write grant draft")
    ),
    Case(
        DAY,
        ("wrote the grant draft but I still have to do the laundry",),
        Whole("Write grant draft"),
    ),
    Case(DAY, ("going to call the dentist now", "done"), Whole("Call the dentist")),
    Case(DAY, ("need to call the dentist", "lunch first", "done"), Nothing()),
    Case(
        DAY, ("I finished the grant draft", "no wait, I didn't finish the grant draft"), Nothing()
    ),
    Case(
        DAY,
        ("haven't called the dentist", "ok now I called the dentist"),
        Whole("Call the dentist"),
    ),
    Case(DAY, ("what a day",), Nothing()),
    Case(DAY, ("",), Nothing()),
    Case(DAY, ("done for today",), Nothing()),
    Case(DAY, ("done",), Nothing()),
    Case(DAY, ("yes",), Nothing()),
    Case(DAY, ("Add a task: call the dentist",), Nothing()),
    Case(DAY, ("add: write grant draft part 2",), Nothing()),
    Case(DAY, ("I called the bank",), Nothing()),
    Case(DAY, ("I wrote the shopping list",), Nothing()),
    Case(DAY, ("bought milk chocolate",), Nothing()),
    Case(DAY, ("went to the gym",), Whole("Gym")),
    Case(DAY, ("skipped the gym",), Nothing()),
    Case(DAY, ("the gym was closed",), Nothing()),
    Case(DAY, ("finished the gym session",), Whole("Gym")),
    Case(DAY, (), Whole("Study GPU scheduler"), (("gpu scheduler", True),)),
    Case(DAY, (), PartOf("Study GPU scheduler"), (("gpu scheduler", False),)),
    Case(DAY, (), Whole("Study GPU scheduler"), (("GPU scheduling", True),)),
    Case(DAY, (), Nothing(), (("linear algebra", True),)),
    Case(("Email Bob about the GPU scheduler",), (), Nothing(), (("gpu scheduler", True),)),
    Case(
        ("Study question: gpu scheduler",),
        (),
        Whole("Study question: gpu scheduler"),
        (("gpu scheduler", True),),
    ),
    Case(
        ("Study gpu scheduler: bin packing",),
        (),
        PartOf("Study gpu scheduler: bin packing"),
        (("gpu scheduler", True),),
    ),
    Case(("Review PR 41", "Review PR 42"), ("reviewed PR 42",), Whole("Review PR 42")),
    Case(
        ("Review PR 41", "Review PR 42"),
        ("reviewed the PR",),
        OneOf(("Review PR 41", "Review PR 42")),
    ),
    Case(("Review PR 41",), ("reviewed PR 43",), Nothing()),
    Case(
        ("Write report", "Write report appendix"),
        ("I wrote the report appendix",),
        Whole("Write report appendix"),
    ),
    Case(("Write report", "Write report appendix"), ("I wrote the report",), Whole("Write report")),
    Case(
        ("Call Mum", "Call Mum about the trip"),
        ("called Mum about the trip",),
        Whole("Call Mum about the trip"),
    ),
    Case(("Read chapters 1-3",), ("read chapter 1",), PartOf("Read chapters 1-3")),
    Case(("Read chapters 1-3",), ("I read chapters 1-3",), Whole("Read chapters 1-3")),
    Case(("Do 5 exercises",), ("did 3 of 5 exercises",), PartOf("Do 5 exercises")),
    Case(("Pay rent",), ("Rent paid",), Whole("Pay rent")),
    Case(("Pay rent",), ("the rent is paid",), Whole("Pay rent")),
    Case(("Pay rent",), ("rent is due tomorrow",), Nothing()),
    Case(("Pay rent",), ("paid the rent for the rehearsal room",), Nothing()),
    Case(("Meditate",), ("meditated for ten minutes",), Whole("Meditate")),
    Case(("Do laundry",), ("laundry done",), Whole("Do laundry")),
    Case(("Do laundry",), ("the laundry basket is full",), Nothing()),
    Case(("Buy tickets", "Sell old tickets"), ("sold the old tickets",), Whole("Sell old tickets")),
    Case(
        ("Thesis introduction", "Thesis conclusion"),
        ("finished the thesis introduction",),
        Whole("Thesis introduction"),
    ),
    Case(
        ("Thesis introduction", "Thesis conclusion"),
        ("worked on the thesis",),
        OneOf(("Thesis introduction", "Thesis conclusion")),
    ),
    Case(("Thesis",), ("finished the introduction of the thesis",), PartOf("Thesis")),
    Case(("Call plumber",), ("called the plumber but nobody answered",), Nothing()),
    Case(("Call plumber",), ("tried calling the plumber",), PartOf("Call plumber")),
)

DESK = (
    "Reply to Ms. Okafor",
    "Lab report 2",
    "Groceries: rice, beans, lemons",
    "Oil change",
    "Study attention",
)

NEXT_BY_HAND = (
    Case(DESK, ("replied to Ms Okafor just now",), Whole("Reply to Ms. Okafor")),
    Case(DESK, ("answered Ms. Okafor's mail",), Whole("Reply to Ms. Okafor")),
    Case(DESK, ("Ms. Okafor replied to me",), Nothing()),
    Case(DESK, ("lab report 2 handed in",), Whole("Lab report 2")),
    Case(DESK, ("handed in lab report 1",), Nothing()),
    Case(DESK, ("lab report 2 is nearly there",), Nothing()),
    Case(DESK, ("Finished lab report 2!! so tired",), Whole("Lab report 2")),
    Case(DESK, ("bought rice and beans",), PartOf("Groceries: rice, beans, lemons")),
    Case(DESK, ("got the oil change done",), Whole("Oil change")),
    Case(DESK, ("oil change is on Thursday",), Nothing()),
    Case(DESK, ("my phone ran out of battery",), Nothing()),
    Case(DESK, ("changed the lightbulb",), Nothing()),
    Case(DESK, ("made rice with lemons for dinner",), Nothing()),
    Case(DESK, (), Whole("Study attention"), (("attention", True),)),
    Case(DESK, (), PartOf("Study attention"), (("attention", False),)),
    Case(DESK, ("I studied attention, all of it",), Whole("Study attention")),
    Case(DESK, ("I paid attention in class",), Nothing()),
    Case(DESK, ("need some attention haha",), Nothing()),
    Case(DESK, ("I'm about to finish lab report 2",), Nothing()),
    Case(DESK, ("will answer Ms. Okafor tonight", "done!"), Whole("Reply to Ms. Okafor")),
    Case(DESK, ("will answer Ms. Okafor tonight", "dinner is done!"), Nothing()),
    Case(DESK, ("can you check off lab report 2?",), Nothing()),
    Case(DESK, ("lab report 2: finished the figures",), PartOf("Lab report 2")),
    Case(DESK, ("the deadline of lab report 2 was extended",), Nothing()),
    Case(DESK, ("printed lab report 2",), Nothing()),
    Case(DESK, ("I finished reading a novel",), Nothing()),
    Case(DESK, ("everything done except lab report 2",), Nothing()),
    Case(DESK, ("done with everything, even lab report 2",), Whole("Lab report 2")),
    Case(
        ("Ask Tom for the keys", "Ask Tim for the keys"),
        ("asked for the keys",),
        OneOf(("Ask Tom for the keys", "Ask Tim for the keys")),
    ),
    Case(
        ("Ask Tom for the keys", "Ask Tim for the keys"),
        ("asked Tim for the keys",),
        Whole("Ask Tim for the keys"),
    ),
    Case(
        ("Homework 3", "Homework 4", "Homework 5"),
        ("finished the homework",),
        OneOf(("Homework 3", "Homework 4", "Homework 5")),
    ),
    Case(("Homework 3", "Homework 4", "Homework 5"), ("homework 4 done",), Whole("Homework 4")),
    Case(("Homework 3", "Homework 4"), ("did a bit of homework 3",), PartOf("Homework 3")),
    Case(
        ("Submit paper", "Submit paper reviews"),
        ("submitted the paper reviews",),
        Whole("Submit paper reviews"),
    ),
    Case(("Submit paper", "Submit paper reviews"), ("submitted the paper",), Whole("Submit paper")),
    Case(("Submit paper",), ("bought paper",), Nothing()),
    Case(("Submit paper",), ("submitted the paper's abstract",), PartOf("Submit paper")),
    Case(("Submit paper",), ("paper got submitted by my coauthor",), Nothing()),
    Case(("Clean desk",), ("cleaned my desk and lit a candle",), Whole("Clean desk")),
    Case(("Clean desk",), ("sat at my desk all day",), Nothing()),
    Case(("Clean desk",), ("cleaned the bathroom",), Nothing()),
    Case(("Run 10 km",), ("ran 10 km in 58 minutes",), Whole("Run 10 km")),
    Case(("Run 10 km",), ("ran 5 km",), Nothing()),
    Case(("Run 10 km",), ("ran out of milk",), Nothing()),
    Case(("Watch lecture 7",), ("watched lecture 7 twice",), Whole("Watch lecture 7")),
    Case(
        ("Watch lecture 7",),
        ("watched the first 20 minutes of lecture 7",),
        PartOf("Watch lecture 7"),
    ),
    Case(("Watch lecture 7",), ("lecture 7 got cancelled",), Nothing()),
    Case(("Write to grandma",), ("wrote to grandma, posted it too",), Whole("Write to grandma")),
    Case(("Write to grandma",), ("grandma wrote to me",), Nothing()),
    Case(("Fix bug #812", "Fix bug #821"), ("fixed bug 821",), Whole("Fix bug #821")),
    Case(
        ("Fix bug #812", "Fix bug #821"), ("fixed a bug",), OneOf(("Fix bug #812", "Fix bug #821"))
    ),
    Case(("Fix bug #812",), ("bug 812 reproduced, not fixed",), Nothing()),
    Case(("Pack suitcase",), ("suitcase is packed!",), Whole("Pack suitcase")),
    Case(("Pack suitcase",), ("bought a suitcase",), Nothing()),
    Case(("Pack suitcase",), ("half the suitcase is packed",), PartOf("Pack suitcase")),
    Case(("Learn binary search",), (), Whole("Learn binary search"), (("binary search", True),)),
    Case(
        ("Learn binary search trees",),
        (),
        PartOf("Learn binary search trees"),
        (("binary search", True),),
    ),
    Case(("Implement binary search",), (), Nothing(), (("binary search", True),)),
    Case(("Tidy garage", "Call garage"), ("tidied the garage",), Whole("Tidy garage")),
    Case(("Tidy garage", "Call garage"), ("rang the garage",), Whole("Call garage")),
    Case(("Tidy garage", "Call garage"), ("drove into the garage",), Nothing()),
)

TUNE = (
    *made_up(TUNE_ERRANDS, TUNE_WHOLE, TUNE_PART, TUNE_NOTHING, Random(1)),
    *TUNE_BY_HAND,
    *made_up(NEXT_ERRANDS, NEXT_WHOLE, NEXT_PART, NEXT_NOTHING, Random(2)),
    *NEXT_BY_HAND,
)

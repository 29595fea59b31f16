"""Labelled sessions for the auditor that were only counted: no rule was made by looking at them.

Each made-up one is put together by lot: an opening, a claim and an ending that have nothing to do
with the task, so that what is said around a claim varies as much as the claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from benchmarks._auditor_cases import (
    Case,
    Errand,
    Nothing,
    OneOf,
    PartOf,
    Whole,
    errands,
    spoken,
)

ERRANDS = errands(
    """
    Mail the postcards | mail mailed mailed mailing | the postcards
    Water Grandpa's tomatoes | water watered watered watering | Grandpa's tomatoes
    Review Femi's pull request | review reviewed reviewed reviewing | Femi's pull request
    Solve the knapsack exercise | solve solved solved solving | the knapsack exercise
    Pay the plumber | pay paid paid paying | the plumber
    Book a room for the workshop | book booked booked booking | the room for the workshop
    Patch the memory leak | patch patched patched patching | the memory leak
    Cook soup for Elif | cook cooked cooked cooking | the soup for Elif
    Buy a raincoat | buy bought bought buying | a raincoat
    Write the eulogy | write wrote written writing | the eulogy
    Fold the laundry | fold folded folded folding | the laundry
    Reply to the recruiter | answer answered answered answering | the recruiter
    Study page replacement | study studied studied studying | page replacement
    Frame the wedding photo | frame framed framed framing | the wedding photo
    Read the Sparrow paper | read read read reading | the Sparrow paper
    Submit grades for EE102 | submit submitted submitted submitting | the grades for EE102
    Prune the roses | prune pruned pruned pruning | the roses
    Unpack the moving boxes | unpack unpacked unpacked unpacking | the moving boxes
    """
)

OPENINGS = (
    "",
    "",
    "Morning! ",
    "ok, ",
    "Sunday was quiet. ",
    "Long story short: ",
    "It rained all day. ",
    "So. ",
    "hey there\n",
    "I'm knackered. ",
)
ENDINGS = (
    "",
    "",
    ".",
    ", finally",
    " :)",
    ". Need coffee now.",
    " before work",
    ". What a week!",
    "\nbye",
    ". Tomorrow I'm off.",
    "!!!",
)
WHOLE = (
    "I {past} {thing}",
    "I've {participle} {thing}",
    "{past} {thing}",
    "just finished {gerund} {thing}",
    "managed to {base} {thing}",
    "I'm done {gerund} {thing}",
    "I also {past} {thing}",
    "this afternoon I {past} {thing}",
)
PART = (
    "I {past} a part of {thing}",
    "I started {gerund} {thing}",
    "half done {gerund} {thing}",
    "kept working on {gerund} {thing}",
    "I tried {gerund} {thing} for a while",
)
NOTHING = (
    "I must {base} {thing} soon",
    "I haven't {participle} {thing}",
    "Yusuf {past} {thing}",
    "my wife {past} {thing}",
    "they {past} {thing}",
    "I wonder who {past} {thing}",
    "I'd better {base} {thing}",
    "nothing new about {thing}",
    "I couldn't {base} {thing}",
    "{gerund} {thing} takes ages",
    "I dread {gerund} {thing}",
    "I saw a video about {gerund} {thing}",
    "please tell me how one {past} {thing} in the old days",
    "I said I would {base} {thing}",
    "has anyone {participle} {thing}",
    "I was asked to {base} {thing}",
    "we talked about {gerund} {thing}",
    "it's time to {base} {thing}",
    "looks like I never {past} {thing}",
    "I keep forgetting to {base} {thing}",
    "in two days I will have {participle} {thing}",
    "Yusuf wants {thing} {participle} by noon",
)


def drawn(known: tuple[Errand, ...], rng: Random, each: int) -> Iterator[Case]:
    """Draw sessions by lot, so many of each kind for each errand."""
    for errand in known:
        for kind, claims, count in (
            (Whole, WHOLE, each),
            (PartOf, PART, each // 2),
            (Nothing, NOTHING, 2 * each),
        ):
            for claim in rng.sample(claims, count):
                others = [one.title for one in rng.sample(known, rng.randint(1, 12))]
                tasks = [title for title in others if title != errand.title] + [errand.title]
                rng.shuffle(tasks)
                text = rng.choice(OPENINGS) + spoken(claim, errand) + rng.choice(ENDINGS)
                label = Nothing() if kind is Nothing else kind(errand.title)
                yield Case(tuple(tasks), tuple(text.split("\n")), label)


MIXED = (
    "Take vitamins",
    "Thesis chapter on bin packing",
    "Call Mum",
    "Study backfilling",
    "Sell old phone",
)

BY_HAND = (
    Case(MIXED, ("took my vitamins",), Whole("Take vitamins")),
    Case(MIXED, ("bought vitamins",), Nothing()),
    Case(MIXED, ("thesis chapter on bin packing is done",), Whole("Thesis chapter on bin packing")),
    Case(
        MIXED,
        ("wrote two pages of the bin packing chapter",),
        PartOf("Thesis chapter on bin packing"),
    ),
    Case(MIXED, ("read a chapter on bin packing",), Nothing()),
    Case(MIXED, ("Mum called, she says hi",), Nothing()),
    Case(MIXED, ("called Mum, she says hi",), Whole("Call Mum")),
    Case(MIXED, ("I should've called Mum",), Nothing()),
    Case(MIXED, ("sold the old phone for 80 euros",), Whole("Sell old phone")),
    Case(MIXED, ("the old phone broke",), Nothing()),
    Case(MIXED, ("my phone got stolen",), Nothing()),
    Case(MIXED, ("phoned a friend",), Nothing()),
    Case(MIXED, ("what is backfilling?",), Nothing()),
    Case(MIXED, (), Whole("Study backfilling"), (("backfilling", True),)),
    Case(MIXED, (), PartOf("Study backfilling"), (("backfilling", False),)),
    Case(MIXED, ("calling Mum in five minutes", "done!"), Whole("Call Mum")),
    Case(MIXED, ("I'd like to sell the old phone", "how much is it worth?", "ok"), Nothing()),
    Case(("Job 1", "Job 2", "Job 3"), ("finished job 2 and job 3",), Whole("Job 2")),
    Case(("Job 1", "Job 12"), ("job 12 is finished",), Whole("Job 12")),
    Case(("Ask Lee", "Ask Leo"), ("asked Leo",), Whole("Ask Leo")),
    Case(
        ("Buy gift for Ida", "Buy gift for Ole"),
        ("bought the gift",),
        OneOf(("Buy gift for Ida", "Buy gift for Ole")),
    ),
    Case(
        ("Buy gift for Ida", "Buy gift for Ole"), ("bought Ole's gift",), Whole("Buy gift for Ole")
    ),
    Case(("Vacuum bedroom", "Vacuum car"), ("vacuumed the bedroom",), Whole("Vacuum bedroom")),
    Case(("Vacuum bedroom", "Vacuum car"), ("drove the car",), Nothing()),
    Case(("Finish report",), ("finish report",), Nothing()),
    Case(("Finish report",), ("the report is unfinished",), Nothing()),
    Case(("Finish report",), ("report finished",), Whole("Finish report")),
    Case(("Finish report",), ("finished the report's first page",), PartOf("Finish report")),
    Case(("Finish report",), ("I finished early. Read the report of a friend",), Nothing()),
    Case(("Pay fees",), ("fees were paid by my parents",), Nothing()),
    Case(("Pay fees",), ("paid the fees",), Whole("Pay fees")),
    Case(("Sweep yard",), ("swept the yard before the storm",), Whole("Sweep yard")),
    Case(("Sweep yard",), ("the storm swept through the yard",), Nothing()),
    Case(("Teach Jo chess",), ("Jo taught me chess",), Nothing()),
    Case(("Teach Jo chess",), ("taught Jo chess",), Whole("Teach Jo chess")),
    Case(("Order pizza",), ("Pizza ordered",), Whole("Order pizza")),
    Case(("Order pizza",), ("the pizza was cold",), Nothing()),
)

HELD_OUT = (*drawn(ERRANDS, Random(5), each=4), *BY_HAND)

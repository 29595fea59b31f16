"""The words by which a person says that a thing is done, not done, or done in part.

Only lists, in English. What is missing here makes the auditor say less or ask; it never makes it
complete anything.
"""

from __future__ import annotations

import re

from heartbeat.words import word_set


def any_of(phrases: str) -> re.Pattern[str]:
    """Match any of several phrases, written one after another with commas between."""
    wanted = sorted({" ".join(phrase.split()) for phrase in phrases.split(",")}, key=len)
    spelt = (re.escape(phrase).replace(r"\ ", r"\s+") for phrase in reversed(wanted) if phrase)
    return re.compile(rf"\b(?:{'|'.join(spelt)})\b", re.IGNORECASE)


NOT_DONE = any_of(
    """not, never, neither, nor, without, cannot, unable, instead of, rather than, no longer,
    haven't, hasn't, hadn't, didn't, don't, doesn't, wasn't, weren't, isn't, aren't, couldn't,
    wouldn't, shouldn't, won't, can't, dont, didnt, havent, isnt, wasnt, no time, forgot,
    forget, skipped, skip, postponed, postpone, putting off, keep putting, gave up, given up,
    failed to, put off, will, i'll, we'll, it'll, shall, going to, gonna, about to, plan to,
    plan on, planning to, planned to, planning on, intend to, hope to, hoping to, need to,
    needs to, needed to, have to, has to, had to, must, ought, should, supposed to, want to,
    wanted to, meant to, wish, tomorrow, later, tonight, next week, next month, next time,
    next year, todo, to do, to-do, remind me, remember to, let's, let me, shall we, can you,
    could you, would you, add a, add an, if, unless, before i, when i, once i, as soon as,
    would, could, might, may, maybe, perhaps, probably, i guess, i think i, wondering,
    thinking about, thought about, considering, dread, dreading, looking forward, worried,
    waiting for, waiting on, overdue, deadline, i'd love, i'd like, i'd rather, i'd prefer,
    love to have, like to have, pretend, imagine, dreamt, dreamed, supposedly, joking,
    kidding, got cancelled, was cancelled, were cancelled, been cancelled, is cancelled,
    called off, last year, last month, years ago, ages ago, months ago, rolled it back,
    rolled back, reverted, undid, undone, start over, nobody, no one, no answer, voicemail,
    in vain"""
)

STILL_TO_DO = re.compile(r"\b(?:still|yet)\b(?!\s+(?:managed|got|finished|did|sent))")

PART = any_of(
    """half, halfway, partly, partially, part, parts, some, most, almost, nearly, mostly, a bit,
    a little, a few, few, several, first half, first part, first section, first chapter,
    first bit, first few, first two, first page, second part, started, start, starting, began,
    begun, begin, beginning, kicked off, working, worked on, work on, tried, try, trying,
    attempted, so far, progress, headway, continued, continue, continuing, got through,
    getting through, underway, under way, in the middle, middle of, to go, remaining, remains,
    left to, bit, bits, percent, one of, two of, three of, two thirds, a third, a quarter,
    three quarters, chunk, piece of, rough, roughly, at least, stuck, paused, no"""
)
SHARE = re.compile(r"\d\s*%|\b\d+\s*(?:of|out of|/)\s*\d+\b")

WHOLE = any_of(
    """all parts, all of, all the, everything, every part, whole, entire, both parts, last part,
    final part, the rest of, second half, remaining part, at last, first thing,
    for the first time"""
)

FINISHED = word_set("done finished complete completed sorted ready nailed smashed handled did")
FINISHING_PHRASES = any_of(
    """wrapped up, through with, over with, checked off, ticked off, out of the way, knocked out,
    in the bag, taken care of, took care of, crossed off, off my plate, off my list,
    dealt with, was able to, were able to, managed to, ended up, got around to, got round to,
    made sure to"""
)

PAST_FORMS = word_set(
    """ate begun began brought built bought caught chose dealt did done drew drawn drove eaten
    fed found got gave given went gone grew held kept laid learnt left lent made met paid read
    ran rang sold sent shot sang slept spoke spent stood swept swam took taken taught told
    threw woke wrote written won hung complete ready sorted"""
)

PAST_OR_NOT = word_set("put set cut shut hit read reread proofread let split spread")
"""Forms that are past only as the act of a clause: "I set the table", not "problem set"."""

OTHER_PEOPLE = word_set(
    """he she they someone somebody boss colleague roommate flatmate sister brother mother mum
    mom father dad wife husband partner friend team teammate manager professor prof supervisor
    everyone everybody nobody neighbour neighbor assistant intern client customer you"""
)

HELPERS = word_set(
    """just already has have had finally also really actually now today yesterday ve s was been
    is are got and so then well oh hey ok okay yes apparently"""
)
OURSELVES = word_set("i we i've we've i'd i'm we're me")
OBJECT_FOLLOWS = word_set(
    "a an the this that these those my our his her their all some it them me us you him"
)

BACKWARD = word_set(
    """it that this them one thing done finished did complete completed all sorted through and i
    i've ve is s now just that's it's ok okay yes yep yeah good great finally too well so
    there happy ready we are am im been has have had got the with off ticked check checked"""
)

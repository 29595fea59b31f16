"""Labelled sessions for the auditor, a third lot: first counted unseen and then looked at too."""

from __future__ import annotations

from random import Random

from benchmarks._auditor_cases import Case, Nothing, OneOf, PartOf, Whole, errands, made_up

ERRANDS = errands(
    """
    Sharpen kitchen knives | sharpen sharpened sharpened sharpening | the kitchen knives
    Return library books | return returned returned returning | the library books
    Message Tobias about the keys | message messaged messaged messaging | Tobias about the keys
    Revise lecture 5 notes | revise revised revised revising | the lecture 5 notes
    Ship the sample to Lyon | ship shipped shipped shipping | the sample to Lyon
    Groom the dog | groom groomed groomed grooming | the dog
    Write reference letter for Mina | write wrote written writing | the reference letter for Mina
    Buy running shoes | buy bought bought buying | my running shoes
    Calibrate the sensor | calibrate calibrated calibrated calibrating | the sensor
    Close the savings account | close closed closed closing | the savings account
    Read the Gavel paper | read read read reading | the Gavel paper
    Rename the config flags | rename renamed renamed renaming | the config flags
    Prepare lunch boxes | prepare prepared prepared preparing | the lunch boxes
    Assemble the bookshelf | assemble assembled assembled assembling | the bookshelf
    Call insurance about the claim | call called called calling | the insurance about the claim
    Submit expense report | submit submitted submitted submitting | the expense report
    Draw the network diagram | draw drew drawn drawing | the network diagram
    Check tyre pressure | check checked checked checking | the tyre pressure
    Memorise the poem | memorise memorised memorised memorising | the poem
    Benchmark the allocator | benchmark benchmarked benchmarked benchmarking | the allocator
    """
)

WHOLE = (
    "yay, {past} {thing}!!",
    "so, {past} {thing}, had tea, and now I'm on the sofa",
    "By the way I {past} {thing} on Saturday",
    "I've already {participle} {thing}, no need to ask",
    "Took me forever, but I {past} {thing}",
    "everything took ages but finally I {past} {thing}",
    "at last I {past} {thing}",
    "I {past} {thing} and it feels good",
    "we went out, and before that I {past} {thing}",
    "finished with {gerund} {thing} just now",
    "first I {past} {thing}, after that I slept",
)
PART = (
    "I've done about a third of {gerund} {thing}",
    "began {gerund} {thing}, will go on tomorrow",
    "{past} {thing}, well, most of it",
    "I'm about 50% done {gerund} {thing}",
    "made headway with {gerund} {thing}",
    "{gerund} {thing}: halfway there",
    "I {past} {thing} but a few bits are missing",
)
NOTHING = (
    "can't be bothered to {base} {thing}",
    "who {past} {thing}?",
    "I bet nobody ever {past} {thing} this fast",
    "she {past} {thing} while I was asleep",
    "I'm afraid I haven't {participle} {thing}",
    "the plan was to {base} {thing}",
    "let me know how to {base} {thing}",
    "{gerund} {thing} again tomorrow, joy",
    "I intend on {gerund} {thing} soon",
    "too tired for {gerund} {thing}",
    "note to self: {base} {thing}",
    "imagine I had {participle} {thing} already",
    "Dad {past} {thing} before I woke up",
    "the neighbours {past} {thing}",
    "almost {past} {thing} but got a call",
    "it would be nice to have {participle} {thing}",
    "as soon as I've {participle} {thing} I'll call you",
    "I told Kim to {base} {thing}",
    "Kim told me he {past} {thing}",
    "got reminded to {base} {thing}",
    "why haven't I {participle} {thing} yet",
    "I need {thing}",
    "{thing} is on my mind all day",
    "there was no chance to {base} {thing}",
)

LAB = (
    "Order pipettes",
    "Write methods section",
    "Group meeting slides",
    "Study Hopper memory hierarchy",
    "Autoclave",
)
FLAT = (
    "Pay internet bill",
    "Invite Noor to dinner",
    "Shopping: bread, cheese",
    "Oil the hinges",
    "Tax consultant appointment",
)

BY_HAND = (
    Case(LAB, ("ordered the pipettes",), Whole("Order pipettes")),
    Case(LAB, ("the pipettes arrived",), Nothing()),
    Case(LAB, ("pipettes are ordered",), Whole("Order pipettes")),
    Case(LAB, ("we ran out of pipettes",), Nothing()),
    Case(LAB, ("dropped a pipette",), Nothing()),
    Case(LAB, ("finished writing the methods section",), Whole("Write methods section")),
    Case(LAB, ("wrote the results section",), Nothing()),
    Case(
        LAB, ("wrote the first paragraph of the methods section",), PartOf("Write methods section")
    ),
    Case(LAB, ("my supervisor rewrote the methods section",), Nothing()),
    Case(LAB, ("read the methods section of that Nature paper",), Nothing()),
    Case(LAB, ("group meeting slides ready",), Whole("Group meeting slides")),
    Case(LAB, ("group meeting was long",), Nothing()),
    Case(LAB, ("the group meeting got moved",), Nothing()),
    Case(LAB, ("made slides for my cousin's wedding",), Nothing()),
    Case(LAB, (), Whole("Study Hopper memory hierarchy"), (("Hopper memory hierarchy", True),)),
    Case(LAB, (), PartOf("Study Hopper memory hierarchy"), (("memory hierarchy", True),)),
    Case(LAB, (), Nothing(), (("Dennard scaling", True),)),
    Case(LAB, ("I ordered the pipettes, wrote nothing, and went home",), Whole("Order pipettes")),
    Case(LAB, ("meant to order pipettes", "forgot"), Nothing()),
    Case(LAB, ("off to order pipettes", "ok done"), Whole("Order pipettes")),
    Case(LAB, ("I think about the methods section a lot",), Nothing()),
    Case(FLAT, ("internet bill paid",), Whole("Pay internet bill")),
    Case(FLAT, ("paid the phone bill",), Nothing()),
    Case(FLAT, ("the internet was down all day",), Nothing()),
    Case(FLAT, ("got the internet bill in the mail",), Nothing()),
    Case(FLAT, ("I have paid the internet bill, it was 40 euros",), Whole("Pay internet bill")),
    Case(FLAT, ("invited Noor to dinner",), Whole("Invite Noor to dinner")),
    Case(FLAT, ("Noor invited me to dinner",), Nothing()),
    Case(FLAT, ("had dinner with Noor",), Nothing()),
    Case(FLAT, ("bought bread",), PartOf("Shopping: bread, cheese")),
    Case(FLAT, ("baked bread",), Nothing()),
    Case(FLAT, ("oiled the hinges",), Whole("Oil the hinges")),
    Case(FLAT, ("bought oil for the hinges",), Nothing()),
    Case(FLAT, ("oiled two of the hinges",), PartOf("Oil the hinges")),
    Case(FLAT, ("hinges still squeak",), Nothing()),
    Case(FLAT, ("tax consultant appointment was cancelled",), Nothing()),
    Case(FLAT, ("talked to the tax consultant's secretary",), Nothing()),
    Case(FLAT, ("not done: internet bill",), Nothing()),
    Case(FLAT, ("is the internet bill paid?",), Nothing()),
    Case(FLAT, ("Don't forget: pay internet bill",), Nothing()),
    Case(FLAT, ("mark internet bill as done",), Nothing()),
    Case(FLAT, ("please complete 'oil the hinges'",), Nothing()),
    Case(FLAT, ("undo",), Nothing()),
    Case(FLAT, ("I finished dinner",), Nothing()),
    Case(FLAT, ("ready for bed",), Nothing()),
    Case(
        ("Read chapter 1", "Read chapter 2", "Read chapter 3"),
        ("just read chapter 2",),
        Whole("Read chapter 2"),
    ),
    Case(
        ("Read chapter 1", "Read chapter 2", "Read chapter 3"),
        ("I read a chapter",),
        OneOf(("Read chapter 1", "Read chapter 2", "Read chapter 3")),
    ),
    Case(("Pack bags", "Pack lunch"), ("packed lunch",), Whole("Pack lunch")),
    Case(("Pack bags", "Pack lunch"), ("packed",), Nothing()),
    Case(("Swim 20 laps",), ("swam 20 laps!",), Whole("Swim 20 laps")),
    Case(("Swim 20 laps",), ("swam 8 laps",), Nothing()),
    Case(("Swim 20 laps",), ("swam 8 of the 20 laps",), PartOf("Swim 20 laps")),
    Case(("Write blog post",), ("published a blog post",), Nothing()),
    Case(("Write blog post",), ("someone wrote a blog post about us",), Nothing()),
    Case(("Write blog post",), ("I wrote a blog post today",), Whole("Write blog post")),
    Case(("Write blog post",), ("wrote half a blog post",), PartOf("Write blog post")),
    Case(("Write blog post",), ("wrote the title of the blog post",), PartOf("Write blog post")),
    Case(("Fix sink", "Fix shower"), ("fixed the shower but not the sink",), Whole("Fix shower")),
    Case(("Fix sink", "Fix shower"), ("neither the sink nor the shower is fixed",), Nothing()),
    Case(("Fix sink", "Fix shower"), ("the plumber fixed the sink",), Nothing()),
    Case(
        ("Email HR", "Email HR about parental leave"),
        ("emailed HR about parental leave",),
        Whole("Email HR about parental leave"),
    ),
    Case(
        ("Sort photos from Rome", "Sort photos from Oslo"),
        ("sorted the photos",),
        OneOf(("Sort photos from Rome", "Sort photos from Oslo")),
    ),
    Case(
        ("Sort photos from Rome", "Sort photos from Oslo"),
        ("sorted the Oslo photos",),
        Whole("Sort photos from Oslo"),
    ),
    Case(("Call bank",), ("the bank called me back",), Nothing()),
    Case(("Call bank",), ("called the bank twice, they never picked up",), Nothing()),
    Case(("Call bank",), ("called the bank, card is unlocked",), Whole("Call bank")),
    Case(("Renew passport",), ("renewed my passport photo",), Nothing()),
    Case(("Renew passport",), ("passport renewed :)",), Whole("Renew passport")),
    Case(("Renew passport",), ("my passport expired",), Nothing()),
    Case(("Learn CUDA graphs",), (), Whole("Learn CUDA graphs"), (("CUDA graphs", True),)),
    Case(("Give talk on CUDA graphs",), (), Nothing(), (("CUDA graphs", True),)),
    Case(
        ("Study question: fair sharing", "Study fair sharing"),
        (),
        OneOf(("Study question: fair sharing", "Study fair sharing")),
        (("fair sharing", True),),
    ),
    Case(("Finish puzzle",), ("the puzzle is finished",), Whole("Finish puzzle")),
    Case(("Finish puzzle",), ("lost a piece of the puzzle",), Nothing()),
    Case(("Finish puzzle",), ("I give up on the puzzle",), Nothing()),
    Case(
        ("Cook for the week",), ("cooked for the week: curry and soup",), Whole("Cook for the week")
    ),
    Case(("Cook for the week",), ("cooked dinner",), Nothing()),
    Case(("Check in for flight",), ("checked in for the flight",), Whole("Check in for flight")),
    Case(("Check in for flight",), ("the flight was delayed",), Nothing()),
    Case(("Write tests", "Run tests", "Fix tests"), ("ran the tests",), Whole("Run tests")),
    Case(("Write tests", "Run tests", "Fix tests"), ("tests passed",), Nothing()),
    Case(
        ("Write tests", "Run tests", "Fix tests"),
        ("wrote the tests and ran the tests",),
        Whole("Write tests"),
    ),
    Case(("Zahnarzt anrufen",), ("Zahnarzt angerufen",), Nothing()),
    Case(("x",), ("x",), Nothing()),
    Case(("Do it",), ("I did it",), Nothing()),
    Case(("Finish",), ("finished",), Nothing()),
)

THIRD = (*made_up(ERRANDS, WHOLE, PART, NOTHING, Random(4)), *BY_HAND)

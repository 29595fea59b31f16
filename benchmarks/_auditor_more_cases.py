"""Labelled sessions for the auditor, a second lot: first counted unseen and then looked at too."""

from __future__ import annotations

from random import Random

from benchmarks._auditor_cases import Case, Nothing, OneOf, PartOf, Whole, errands, made_up

ERRANDS = errands(
    """
    Descale the coffee machine | descale descaled descaled descaling | the coffee machine
    Replace bike chain | replace replaced replaced replacing | the bike chain
    Text Amira about Saturday | text texted texted texting | Amira about Saturday
    Solve exercise sheet 9 | solve solved solved solving | exercise sheet 9
    Hand in the scholarship form | submit submitted submitted submitting | the scholarship form
    Pay parking fine | pay paid paid paying | the parking fine
    Hang up the new curtains | hang hung hung hanging | the new curtains
    Write unit tests for the queue | write wrote written writing | the unit tests for the queue
    Take the recycling out | take took taken taking | the recycling out
    Order contact lenses | order ordered ordered ordering | my contact lenses
    Read the Borg paper | read read read reading | the Borg paper
    Book physio appointment | book booked booked booking | the physio appointment
    Transcribe the interview | transcribe transcribed transcribed transcribing | the interview
    Make dinner reservation for eight | make made made making | the dinner reservation for eight
    Upload lecture recordings | upload uploaded uploaded uploading | the lecture recordings
    Delete old backups | delete deleted deleted deleting | the old backups
    Collect signatures for Bea | collect collected collected collecting | the signatures for Bea
    Wash the car | wash washed washed washing | the car
    Plot the latency histogram | plot plotted plotted plotting | the latency histogram
    Learn twenty Italian verbs | learn learnt learnt learning | the twenty Italian verbs
    Answer Jonas | answer answered answered answering | Jonas
    Finish the sewing project | finish finished finished finishing | the sewing project
    """
)

WHOLE = (
    "phew, {past} {thing}",
    "Quick update: {past} {thing} an hour ago",
    "you can tick this off, I {past} {thing}",
    "woke up early and {past} {thing}",
    "I did it, I actually {past} {thing}",
    "{thing}? yes, I {past} that yesterday.\nI {past} {thing}.",
    "spent all morning {gerund} {thing}, finished now",
    "I just got done {gerund} {thing}",
    "success! {Past} {thing} with ten minutes to spare",
    "we {past} {thing} together",
    "ended up {gerund} {thing} after dinner, all done",
)
PART = (
    "I'm halfway through {gerund} {thing}",
    "{Past} a little of {thing}",
    "got started on {gerund} {thing} but had to leave",
    "{past} {thing} partially",
    "a quarter done {gerund} {thing}",
    "managed to get some of {gerund} {thing} done",
    "I {past} maybe 30% of {thing}",
)
NOTHING = (
    "ugh, I really ought to {base} {thing}",
    "not in the mood for {gerund} {thing}",
    "what's the best way of {gerund} {thing}?",
    "my plan for Sunday: {base} {thing}",
    "I'll {base} {thing} once the rain stops",
    "wasn't able to {base} {thing}",
    "I was supposed to {base} {thing} but fell asleep",
    "my brother {past} {thing} for once",
    "Claudia said she {past} {thing}",
    "is it too late to {base} {thing}?",
    "I hate {gerund} {thing}",
    "have you {participle} {thing}?",
    "failed to {base} {thing} again",
    "dreamt that I {past} {thing}",
    "without {gerund} {thing} I can't relax",
    "I'd rather sleep than {base} {thing}",
    "please remind me about {gerund} {thing}",
    "{base} {thing}, {base} {thing}, always the same",
    "next on my list is {gerund} {thing}",
    "they want me to have {participle} {thing} by Monday",
    "pretty sure I never {past} {thing}",
    "I only {past} {thing} last year",
    "thinking whether to {base} {thing} or rest",
)

WEEK = (
    "Email landlord about heating",
    "Essay on Kant",
    "Buy cat food",
    "Study transformers",
    "Haircut",
    "Fix flaky test in CI",
)
HOME = (
    "Paint fence",
    "Mow lawn",
    "Call Aunt Rosa",
    "Defrost freezer",
    "Replace smoke detector battery",
)

BY_HAND = (
    Case(
        WEEK,
        ("hi", "busy day. I emailed the landlord about the heating, then had lunch", "bye"),
        Whole("Email landlord about heating"),
    ),
    Case(WEEK, ("the landlord emailed me about the heating",), Nothing()),
    Case(
        WEEK,
        ("wrote an email to the landlord about the heating",),
        Whole("Email landlord about heating"),
    ),
    Case(WEEK, ("the heating works again",), Nothing()),
    Case(WEEK, ("landlord says the heating will be fixed",), Nothing()),
    Case(WEEK, ("essay on Kant: finished.",), Whole("Essay on Kant")),
    Case(WEEK, ("wrote 400 words of the Kant essay",), PartOf("Essay on Kant")),
    Case(WEEK, ("read Kant for an hour",), Nothing()),
    Case(WEEK, ("my Kant essay is finally finished and uploaded",), Whole("Essay on Kant")),
    Case(WEEK, ("bought cat food and litter",), Whole("Buy cat food")),
    Case(WEEK, ("the cat food is empty",), Nothing()),
    Case(WEEK, ("fed the cat",), Nothing()),
    Case(WEEK, ("ordered cat food",), Whole("Buy cat food")),
    Case(WEEK, ("got a haircut!",), Whole("Haircut")),
    Case(WEEK, ("my haircut looks awful",), Nothing()),
    Case(WEEK, ("haircut is booked for Monday",), Nothing()),
    Case(WEEK, ("fixed the flaky CI test",), Whole("Fix flaky test in CI")),
    Case(WEEK, ("the CI test is still flaky",), Nothing()),
    Case(WEEK, ("reproduced the flaky test in CI",), Nothing()),
    Case(WEEK, ("fixed a typo in the CI config",), Nothing()),
    Case(WEEK, ("haven't fixed the flaky CI test, but I bought cat food",), Whole("Buy cat food")),
    Case(WEEK, ("bought cat food; the essay isn't done",), Whole("Buy cat food")),
    Case(WEEK, ("I studied transformers until midnight",), Whole("Study transformers")),
    Case(WEEK, ("watched the Transformers movie",), Nothing()),
    Case(WEEK, (), Whole("Study transformers"), (("transformers", True),)),
    Case(WEEK, (), PartOf("Study transformers"), (("Transformers", False),)),
    Case(WEEK, (), Nothing(), (("attention heads", True),)),
    Case(WEEK, ("done with work for today, see you tomorrow",), Nothing()),
    Case(WEEK, ("all done!",), Nothing()),
    Case(WEEK, ("ok", "cool", "thanks"), Nothing()),
    Case(WEEK, ("I'm off to buy cat food", "done"), Whole("Buy cat food")),
    Case(WEEK, ("should I buy cat food?", "nah"), Nothing()),
    Case(HOME, ("painted the fence, looks great",), Whole("Paint fence")),
    Case(HOME, ("painted one side of the fence",), PartOf("Paint fence")),
    Case(HOME, ("bought paint for the fence",), Nothing()),
    Case(HOME, ("the fence fell over in the storm",), Nothing()),
    Case(HOME, ("painted the shed",), Nothing()),
    Case(HOME, ("mowed the lawn and painted the fence",), Whole("Mow lawn")),
    Case(HOME, ("mowing the lawn right now",), Nothing()),
    Case(HOME, ("lawn's mowed",), Whole("Mow lawn")),
    Case(HOME, ("the kid next door mowed the lawn",), Nothing()),
    Case(HOME, ("spoke to Aunt Rosa on the phone",), Nothing()),
    Case(HOME, ("called aunt rosa",), Whole("Call Aunt Rosa")),
    Case(HOME, ("Aunt Rosa called",), Nothing()),
    Case(HOME, ("called Uncle Leo",), Nothing()),
    Case(HOME, ("tried to call Aunt Rosa, no answer",), Nothing()),
    Case(HOME, ("the freezer has been defrosted",), Whole("Defrost freezer")),
    Case(HOME, ("the freezer broke",), Nothing()),
    Case(
        HOME,
        ("changed the battery of the smoke detector",),
        Whole("Replace smoke detector battery"),
    ),
    Case(
        HOME,
        ("replaced the smoke detector battery, the old one was dead",),
        Whole("Replace smoke detector battery"),
    ),
    Case(HOME, ("replaced the remote's battery",), Nothing()),
    Case(HOME, ("the smoke detector went off",), Nothing()),
    Case(HOME, ("Call Aunt Rosa",), Nothing()),
    Case(HOME, ("delete call aunt rosa",), Nothing()),
    Case(HOME, ("move paint fence to Saturday",), Nothing()),
    Case(("Read paper A", "Read paper B"), ("read paper B on the train",), Whole("Read paper B")),
    Case(
        ("Read paper A", "Read paper B"),
        ("read one of the papers",),
        OneOf(("Read paper A", "Read paper B")),
    ),
    Case(
        ("Email Sara", "Email Sara's supervisor"),
        ("emailed Sara's supervisor",),
        Whole("Email Sara's supervisor"),
    ),
    Case(("Email Sara", "Email Sara's supervisor"), ("emailed Sara",), Whole("Email Sara")),
    Case(("Quiz 1", "Quiz 2", "Quiz 3", "Quiz 4", "Quiz 5"), ("finished quiz 3",), Whole("Quiz 3")),
    Case(("Ticket 100", "Ticket 1000"), ("closed ticket 100",), Nothing()),
    Case(("Ticket 100", "Ticket 1000"), ("finished ticket 1000",), Whole("Ticket 1000")),
    Case(
        ("Buy apples, pears and plums",),
        ("bought the apples and pears, no plums left",),
        PartOf("Buy apples, pears and plums"),
    ),
    Case(
        ("Buy apples, pears and plums",),
        ("bought apples, pears and plums",),
        Whole("Buy apples, pears and plums"),
    ),
    Case(("Write chapter 2",), ("wrote section 2.1 of chapter 2",), PartOf("Write chapter 2")),
    Case(("Write chapter 2",), ("wrote chapter 3",), Nothing()),
    Case(("Write chapter 2",), ("chapter 2 is written. I'm so happy",), Whole("Write chapter 2")),
    Case(("Write chapter 2",), ("deleted chapter 2",), Nothing()),
    Case(("Deploy v2",), ("deployed v2 to staging",), PartOf("Deploy v2")),
    Case(("Deploy v2",), ("deployed v2 and rolled it back",), Nothing()),
    Case(("Deploy v2",), ("v2 is deployed",), Whole("Deploy v2")),
    Case(("Exercise",), ("exercised for 40 minutes",), Whole("Exercise")),
    Case(("Exercise",), ("exercise is overrated",), Nothing()),
    Case(("Journal",), ("wrote my journal",), Whole("Journal")),
    Case(("Decide if we move",), ("we decided to move",), Nothing()),
    Case(
        ("Add chart to README",), ("added the chart to the README",), Whole("Add chart to README")
    ),
    Case(
        ("Send thank-you card to Ines",),
        ("sent Ines the thank-you card",),
        Whole("Send thank-you card to Ines"),
    ),
    Case(("Send thank-you card to Ines",), ("Ines sent me a thank-you card",), Nothing()),
    Case(("Send thank-you card to Ines",), ("bought a thank-you card for Ines",), Nothing()),
    Case(
        ("Study for the algebra exam",),
        ("studied algebra for two hours",),
        PartOf("Study for the algebra exam"),
    ),
    Case(("Study for the algebra exam",), ("the algebra exam went well",), Nothing()),
    Case(("Prepare talk",), ("prepared the talk, slides and all",), Whole("Prepare talk")),
    Case(("Prepare talk",), ("went to a talk",), Nothing()),
    Case(("Prepare talk",), ("gave the talk",), Nothing()),
    Case(
        ("Lint the repo", "Tag release"),
        ("linted the repo, tagging the release next",),
        Whole("Lint the repo"),
    ),
    Case(("Lint the repo", "Tag release"), ("tagged the release",), Whole("Tag release")),
    Case(("Übung 3 abgeben",), ("submitted something",), Nothing()),
    Case(("💡 Fix lamp",), ("fixed the lamp 🎉",), Whole("💡 Fix lamp")),
    Case(("Résumé update",), ("resume update done",), Whole("Résumé update")),
    Case(("fix   LAMP",), ("Fixed The Lamp",), Whole("fix   LAMP")),
    Case(("***",), ("done with ***",), Nothing()),
    Case((), ("I finished everything",), Nothing()),
)

MORE = (*made_up(ERRANDS, WHOLE, PART, NOTHING, Random(3)), *BY_HAND)

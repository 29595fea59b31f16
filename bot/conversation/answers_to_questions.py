"""Reading yes, no and what comes with them, when a question waits for an answer."""

from __future__ import annotations

import re

from bot.actions import AddTask, CheckOff, KeepOpen, NoteProgress, Together
from bot.conversation.dates import split_due
from bot.conversation.meaning import Act, Meaning, Unclear
from bot.conversation.situation import Situation

YES = re.compile(
    r"""^(?:
        yes | yep | yeah | yup | y | sure | ok(?:ay)? | please\ do | do\ it | correct | exactly
      | (?:yes,?\ )?(?:please\ )?(?:let'?s\ |let\ us\ )?
        (?:check|tick|cross|mark)\ (?:it|that|this)\ off(?:\ the\ list)?
      | (?:yes,?\ )?(?:it|that|all\ of\ it)(?:'s|\ is)\ done
      | (?:mark|set)\ it\ (?:as\ )?done
    )(?:\ please)?[.!]*$""",
    re.IGNORECASE | re.VERBOSE,
)
NO = re.compile(
    r"""^(?:
        no | nope | n | nah | not\ yet | no,?\ not\ yet
      | (?:no,?\ )?(?:please\ )?(?:keep|leave)\ (?:it|that|this)
        (?:\ open|\ as\ it\ is)?(?:\ for\ now)?
      | (?:no,?\ )?(?:it|that)(?:'s|\ is)\ not\ done(?:\ yet)?
    )[.!]*$""",
    re.IGNORECASE | re.VERBOSE,
)
PART = re.compile(
    r"^(?:partly|partially|in part|part of it|half|only part|just part|a part|yes,? part(?:ly)?|"
    r"note the progress|note it|save the progress)(?: done)?[.!]*$",
    re.IGNORECASE,
)
AND_ADD = re.compile(
    r"^(?P<answer>.+?)[,;.]?\s+(?:and|but|then|and then|but also|and also)\s+"
    r"(?:please\s+)?(?:add|create|make|put)\s+(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)
NEW_ITEM = re.compile(
    r"""^(?:
        (?:me\s+)? (?:an?|the|another|one)?\s* (?:new|separate|fresh)?\s*
        (?:one|item|task|to-?do|entry)s?\b
    )?
    \s*(?:called|named|saying|for|with\ the\ title)? \s*[:,]?\s* (?P<title>.*)$""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
QUOTED = re.compile(r"^[\"'“‘](?P<title>.+)[\"'”’][.!]?$", re.DOTALL)


def answer_to_question(said: str, situation: Situation) -> Meaning | None:
    """Read an answer to the newest open question; None when the message is about something else."""
    plain = bare_answer(said, situation)
    if plain is not None:
        return plain
    found = AND_ADD.match(said)
    if not found:
        return None
    answer = bare_answer(found["answer"], situation)
    if not isinstance(answer, Act):
        return answer
    title = new_item_in(found["rest"])
    if not title:
        return Act(answer.action, more="What should the new one say? Send “add …”.")
    words, due = (title, None) if QUOTED.match(title) else split_due(title, situation.today)
    return Act(Together((answer.action, AddTask(words.strip("\"'“”‘’"), due))))


def bare_answer(said: str, situation: Situation) -> Meaning | None:
    """Read a yes, a no or a partly and nothing else."""
    words = said.strip().rstrip(",;")
    kinds = ((YES, CheckOff), (NO, KeepOpen), (PART, NoteProgress))
    action = next((action for pattern, action in kinds if pattern.match(words)), None)
    if action is None:
        return None
    if situation.question is None:
        return Unclear("Nothing is waiting for a yes or no; nothing was done.")
    if action is CheckOff and not situation.question.whole and not YES_ALL.search(words):
        # The question was whether a part is done: a bare yes confirms the part, not the whole.
        return Act(NoteProgress(situation.question.id))
    return Act(action(situation.question.id))


YES_ALL = re.compile(r"\b(?:off|done|all of it)\b", re.IGNORECASE)


def new_item_in(rest: str) -> str:
    """Take the new item's words out of `a NEW item 'study question: gpu scheduler'`."""
    found = NEW_ITEM.match(rest.strip())
    title = (found["title"] if found else rest).strip()
    quoted = QUOTED.match(title)
    return (quoted["title"] if quoted else title.rstrip(".!")).strip()

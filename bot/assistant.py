"""From a message to its answer: read it, do it through the door, word it. Nothing here decides
what words mean, changes anything itself, or knows a channel."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from bot.actions import (
    AddTask,
    AnswerStudy,
    AskCheckOff,
    CompleteTask,
    EndSession,
    Remember,
    TakeNote,
    Together,
)
from bot.conversation.meaning import (
    Act,
    BeginLink,
    FinishLink,
    Query,
    Recall,
    ShowBriefs,
    ShowDone,
    ShowHelp,
    ShowLists,
    ShowLoops,
    ShowOpen,
    ShowResume,
    ShowStatus,
    ShowStudy,
    ShowTask,
    ShowToday,
    ShowWhy,
    SyncNow,
    Unclear,
)
from bot.conversation.situation import Situation
from bot.conversation.speak import (
    answer,
    say_proposal,
    speak,
)
from bot.conversation.speak.answers import Answer
from bot.conversation.speak.google import say_errand, say_notice
from bot.conversation.understand import understand
from bot.door import Writers
from bot.mailbox import (
    Address,
    Arrival,
    Incoming,
    Kind,
    Reply,
)
from bot.outcomes import Done, Outcome, StudyFacts
from bot.outgoing import Outgoing
from bot.syncing import Errands
from gpu_lab.study import StudyPhase
from heartbeat.auditor import Extent, Match, Studied, WhatWasDone, audit
from heartbeat.checkins import in_quiet_hours
from heartbeat.slots import first_instant
from memory.dumps import TaskItem
from tasks_sync import Task
from tasks_sync.consent import looks_like_answer
from tasks_sync.notices import Notice

log = logging.getLogger(__name__)

NOT_ASKED_AGAIN_FOR = timedelta(hours=20)
PERSON, ASSISTANT = "user", "assistant"


@dataclass(frozen=True)
class Assistant(Outgoing):
    """Everything behind the channels."""

    idle: timedelta
    errands: Errands

    # --- what channels may ask (bot.channels.Desk), with what is outgoing ---

    def hear(self, *messages: Incoming) -> None:
        """Keep messages; once this returns they may be confirmed to whoever sent them."""

        def keep(writers: Writers) -> None:
            for message in messages:
                writers.mail.accept(message)

        self.door.write(keep)

    def work(self) -> None:
        """Answer everything that waits, in the order of arrival."""
        while waiting := self.library.waiting():
            for arrival in waiting:
                self._answer_safely(arrival)

    # --- a message ---

    def _answer_safely(self, arrival: Arrival) -> None:
        """The boundary for bugs of one message: it is set aside, and the next one is served."""
        try:
            self._answer(arrival)
        except Exception as bug:
            log.exception("message %s could not be answered", arrival.message.key)
            self._set_aside(arrival, bug)

    def _set_aside(self, arrival: Arrival, bug: Exception) -> None:
        said = (
            f"I could not do that ({type(bug).__name__}: {str(bug).splitlines()[0][:200]}). "
            "Nothing was changed; your message is kept and the log has the details."
        )

        def park(writers: Writers) -> None:
            writers.mail.park(arrival.number, type(bug).__name__)
            self._queue_reply(writers, arrival.message, Reply(said))

        self.door.write(park)

    def _answer(self, arrival: Arrival) -> None:
        message = arrival.message
        meaning = understand(message.text, self.situation(), message.button)
        match meaning:
            case Act():
                self._act(arrival, meaning)
            case Unclear(says=says, buttons=buttons):
                self._reply(arrival, Reply(says, buttons))
            case BeginLink() | FinishLink() | SyncNow():
                self._reply(arrival, say_errand(self.errands.run(meaning), self.local_now()))
            case _:
                self._reply(arrival, answer(self.look_up(meaning), self.local_now()))

    def _act(self, arrival: Arrival, meaning: Act) -> None:
        message = arrival.message
        action = meaning.action
        if isinstance(action, Remember):
            action = replace(action, text=" ".join(action.text.split()))

        def then(outcome: Outcome, writers: Writers) -> None:
            if not writers.mail.is_waiting(arrival.number):
                return
            reply = speak(outcome, self.local_now())
            if meaning.more and isinstance(outcome, Done):
                reply = replace(reply, text=f"{reply.text} {meaning.more}")
            if not isinstance(action, EndSession):
                self._write_down(writers, message, reply)
            if meaning.next_text:
                rest = replace(message, key=f"{message.key}/rest", text=meaning.next_text)
                writers.mail.accept(rest)
            self._queue_reply(writers, message, reply)
            writers.mail.answered(arrival.number)

        outcome = self.door.do(action, key=meaning.once or message.key, then=then)
        if isinstance(outcome, Done):
            self.look_back(outcome, message.key, Address(message.channel, message.chat))

    def _reply(self, arrival: Arrival, reply: Reply) -> None:
        def then(writers: Writers) -> None:
            if writers.mail.is_waiting(arrival.number):
                self._write_down(writers, arrival.message, reply)
                self._queue_reply(writers, arrival.message, reply)
                writers.mail.answered(arrival.number)

        self.door.write(then)

    def _queue_reply(self, writers: Writers, message: Incoming, reply: Reply) -> None:
        to = Address(message.channel, message.chat)
        writers.mail.queue(f"re:{message.key}", to, Kind.REPLY, reply)

    def _write_down(self, writers: Writers, message: Incoming, reply: Reply) -> None:
        """Write both turns through to the session's words; twice is once."""
        sitting = writers.sittings.touch(message.channel, message.chat)
        key = f"agent:main:{message.channel}:dm:{message.chat}"
        writers.words.begin(sitting.id, key=key, source=message.channel)
        said = worth_keeping(message)
        writers.words.append(sitting.id, PERSON, said, at=message.at, message_id=message.key)
        writers.words.append(
            sitting.id, ASSISTANT, reply.text, at=self.now(), message_id=f"re:{message.key}"
        )

    # --- looking ---

    def situation(self) -> Situation:
        """Gather what understanding a message may need."""
        return self.library.situation(self.local_now())

    def look_up(self, query: Query) -> Answer:
        """Find the answer to a question that changes nothing."""
        now = self.local_now()
        match query:
            case ShowHelp():
                return self.library.help()
            case ShowToday():
                return self.library.today(now)
            case ShowOpen(list_id=list_id, list_title=title):
                return self.library.open(list_id, title)
            case ShowTask(task_id=task_id):
                return self.library.task(task_id)
            case ShowLists():
                return self.library.lists()
            case ShowDone():
                return self.library.done_today(now)
            case ShowWhy():
                return self.library.why(now)
            case ShowStatus():
                return self.library.status(now)
            case ShowStudy():
                return self.library.study()
            case ShowLoops():
                return self.library.loops(now)
            case ShowResume():
                return self.library.resume()
            case ShowBriefs():
                return self.library.briefs(now)
            case Recall(query=words):
                return self.library.recall(words)
            case _:
                assert_never(query)

    # --- milestones: what was done against the open tasks ---

    def look_back(self, done: Done, key: str, to: Address) -> None:
        """When a session or a study session has just ended, ask about the task that it did."""
        evidence = self._evidence(done)
        if evidence is None:
            return
        tasks = self._askable(self.library.tasks.open_tasks())
        best = next(iter(sure(audit(evidence, tasks))), None)
        if best is not None:
            self._ask(replace(best, evidence=worded(done) or f"“{best.evidence}”"), key, to)

    def _evidence(self, done: Done) -> WhatWasDone | None:
        match done.action, done.facts:
            case AnswerStudy(), StudyFacts(state=state) if state.phase is StudyPhase.FINISHED:
                return WhatWasDone(studied=(Studied(state.topic, whole=True),))
            case EndSession(session_id=session_id), _:
                return WhatWasDone(said=self.library.said(session_id))
            case _:
                return None

    def _askable(self, tasks: Sequence[Task]) -> list[Task]:
        """Leave out what was asked about lately: a task is asked about once, not every time."""
        asked: set[str] = set()
        since = self.now() - NOT_ASKED_AGAIN_FOR
        self.door.write(lambda writers: asked.update(writers.questions.asked_since(since)))
        return [task for task in tasks if task.id not in asked]

    def _ask(self, match: Match, key: str, to: Address) -> None:
        action = AskCheckOff(match.task_id, match.extent is Extent.FULL, match.evidence)

        def then(outcome: Outcome, writers: Writers) -> None:
            if isinstance(outcome, Done):
                reply = speak(outcome, self.local_now())
                writers.mail.queue(
                    f"ask:{key}", to, Kind.QUESTION, reply, not_before=self._not_at_night()
                )

        self.door.do(action, key=f"ask:{key}", then=then, by_person=False)

    def _not_at_night(self) -> datetime | None:
        """Hold a question that nobody waits for until the quiet hours are over."""
        local = self.local_now()
        heard = self.library.last_heard()
        here = heard is not None and self.now() - heard < timedelta(minutes=10)
        if here or not in_quiet_hours(local.time(), self.rules):
            return None
        day = local.date() + timedelta(days=local.time() > self.rules.quiet_to)
        return first_instant(day, self.rules.quiet_to, self.zone)

    # --- what the sync has to say ---

    def tell(self, notices: Sequence[Notice], to: Address) -> None:
        """Pass on what the sync has to say, the same thing once a day."""
        now = self.local_now()

        def queue(writers: Writers) -> None:
            for notice in notices:
                reply = say_notice(notice, now)
                if reply is not None:
                    key = f"notice:{now.date()}:{type(notice).__name__}:{reply.text}"
                    writers.mail.queue(key, to, Kind.NOTICE, reply)

        if notices:
            self.door.write(queue)

    def offer_proposals(self, to: Address) -> None:
        """Put what other programs proposed to the person, each once."""
        proposals = self.library.proposals()
        now = self.local_now()

        def queue(writers: Writers) -> None:
            for each in proposals:
                reply = say_proposal(each, now)
                not_before = self._not_at_night()
                writers.mail.queue(
                    f"proposal:{each.id}", to, Kind.QUESTION, reply, not_before=not_before
                )

        if proposals:
            self.door.write(queue)

    def sort_notes_list(self, list_title: str | None) -> None:
        """Turn each open item of the notes list into a note, or a task with its context, once."""
        for item in self.library.items_of(list_title) if list_title else ():
            sorted_as = self.library.sorted_item(item)
            made = (
                AddTask(sorted_as.title, sorted_as.due, sorted_as.context)
                if isinstance(sorted_as, TaskItem)
                else TakeNote(sorted_as.title, sorted_as.text or sorted_as.title)
            )
            both = Together((made, CompleteTask(item.id)))
            self.door.do(both, key=f"notes-list:{item.id}", by_person=False)

    # --- sessions that end by themselves ---

    def end_idle_session(self) -> None:
        """End the session when nobody has written for long, or the person's day has turned."""
        sitting = self.library.sitting()
        if sitting is None:
            return
        idle = self.now() - sitting.moved_at >= self.idle
        if not idle and self._day_of(sitting.moved_at) == self._day_of(self.now()):
            return
        reason = "idle" if idle else "daily"
        key = f"end:{sitting.id}"
        done = self.door.do(EndSession(sitting.id, reason), key=key, by_person=False)
        if isinstance(done, Done):
            self.look_back(done, key, Address(sitting.channel, sitting.chat))

    def _day_of(self, moment: datetime) -> object:
        """A night owl's day turns at four in the morning."""
        return (moment.astimezone(self.zone) - timedelta(hours=4)).date()


def worded(done: Done) -> str | None:
    """Say what a study session was; a conversation is quoted as it was said."""
    if not isinstance(done.facts, StudyFacts):
        return None
    state = done.facts.state
    return f"studied {state.topic}, {state.verdicts.count('right')} of {state.parts} right"


def worth_keeping(message: Incoming) -> str:
    """Give a message's words for the session: a button as such, a sign-in's code left out."""
    if message.button is not None:
        return f"[{message.text}]"
    return "[the address of a sign-in]" if looks_like_answer(message.text) else message.text


def sure(matches: Sequence[Match]) -> list[Match]:
    """Keep what is worth a question: a whole match, or a plain part of one."""
    return [match for match in matches if match.extent is not Extent.POSSIBLE]

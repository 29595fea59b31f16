"""What came of tool uses: commits, test tallies, files, failures. Reads events, judges no topic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from memory.transcripts import Event, ToolUse

COMMIT_REQUEST = re.compile(r"\bgit\b[^|;&\n]*\bcommit\b")
COMMITTED = re.compile(r"^\[(?P<branch>[^\]]*?) (?P<sha>[0-9a-f]{6,40})\] (?P<subject>.+)$", re.M)
COMMIT_MESSAGE = re.compile(
    r"(?:-m|--message)[ =](?:\"\$\(cat <<'?EOF'?\n)?[\"']?(?P<subject>[^\"'\n]+)"
)
OPENED_REQUEST = re.compile(r"\b(?:gh pr create|gh pr merge|glab mr create)\b")
TESTED = re.compile(
    r"\b(?:pytest|py\.test|unittest|tox|nox|npm (?:run )?test|yarn test|pnpm test|jest|vitest|"
    r"cargo (?:nextest|test)|go test|make (?:test|check)|rspec|phpunit|ctest|mvn test|gradle test)"
)
# One pattern a runner: pytest and jest, cargo, go.
PASSED = re.compile(r"(\d+) (?:passed|passing)|Tests:\s+.*?(\d+) passed|^ok\s", re.M)
FAILED = re.compile(r"(\d+) (?:failed|failing|errors?)\b|^FAIL\b|^--- FAIL", re.M)
NO_FAILURES = re.compile(r"\b0 (?:failed|failing|errors?)\b")


@dataclass(frozen=True)
class Tally:
    """The last test run of a stretch."""

    event: int
    passed: int
    failed: int

    def said(self) -> str:
        """Word it for the page."""
        if self.failed:
            return f"{self.failed} failed, {self.passed} passed"
        return f"{self.passed} passed" if self.passed else "tests passed"


def commit_subject(event: Event) -> str:
    """Give the subject line of a commit that went through, or nothing."""
    if not isinstance(event, ToolUse) or event.failed:
        return ""
    if not COMMIT_REQUEST.search(event.request):
        return ""
    printed = COMMITTED.search(event.result)
    asked = COMMIT_MESSAGE.search(event.request)
    found = printed or (asked if "nothing to commit" not in event.result else None)
    return found["subject"].strip() if found else ""


def opened_pull_request(event: Event) -> bool:
    """Say whether a pull request was opened or merged here."""
    return (
        isinstance(event, ToolUse)
        and not event.failed
        and bool(OPENED_REQUEST.search(event.request))
    )


def tally(event: Event) -> Tally | None:
    """Read the result of a test run."""
    if not isinstance(event, ToolUse) or not TESTED.search(event.request):
        return None
    passed = PASSED.search(event.result)
    failed = FAILED.search(NO_FAILURES.sub("", event.result))
    if not passed and not failed and not event.failed:
        return None
    failures = int(failed[1]) if failed and failed[1] else int(bool(failed) or event.failed)
    return Tally(event.place.number, _count(passed), failures)


def _count(found: re.Match[str] | None) -> int:
    numbers = [group for group in found.groups() if group] if found else []
    return int(numbers[0]) if numbers else 0


def tests_passed(event: Event) -> bool:
    """Say whether this was a test run without a failure."""
    result = tally(event)
    return result is not None and not result.failed


def last_tally(events: Sequence[Event]) -> Tally | None:
    """Give the last test run."""
    return next((found for event in reversed(events) if (found := tally(event))), None)


def files_written(events: Sequence[Event]) -> tuple[str, ...]:
    """Give the paths that were written, each once, in order."""
    paths = [p for e in events if isinstance(e, ToolUse) and not e.failed for p in e.files]
    return tuple(dict.fromkeys(paths))


def last_paragraph(text: str) -> str:
    """Give the last paragraph of a reply, where its point and its question stand."""
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    return paragraphs[-1] if paragraphs else ""

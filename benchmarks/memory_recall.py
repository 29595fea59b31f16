"""How much of the evidence search finds: LoCoMo conversations (development part), by line.

One folder a conversation, one archive a session, one line a turn; questions of categories 1-4 go
through `touchbase memory search --top 10 --json`. Beside it, over the same turns: FTS5 porter with
OR of all words, and the usual hybrid, 0.7 cosine + 0.3 BM25 over the AND of all words, whose
vector half stands still where the embeddings are not installed.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from memory.words import all_words

TOP = 10
CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
Place = tuple[str, int]


@dataclass
class Conversation:
    folder: Path
    turns: dict[Place, str] = field(default_factory=dict)
    questions: list[tuple[str, int, set[Place]]] = field(default_factory=list)


def main() -> None:
    shared = Path(os.environ.get("TOUCHBASE_SHARED") or Path(__file__).parents[2] / "shared")
    source = shared / "eval" / "locomo_dev.json"
    if not source.is_file():
        print(f"skipped: {source} is missing (TOUCHBASE_SHARED names its folder)")
        return
    with tempfile.TemporaryDirectory() as place:
        conversations = [
            written(each, Path(place)) for each in json.loads(source.read_text(encoding="utf-8"))
        ]
        for name, search in (
            ("touchbase memory search", by_command_line),
            ("FTS5 porter, OR", by_plain_fts),
            ("0.7 cosine + 0.3 BM25 (AND)", by_and_hybrid),
        ):
            print_row(name, [(each, search(each)) for each in conversations])
        print(f"meaning: {meaning_state(conversations[0])}")


def written(conversation: dict[str, Any], place: Path) -> Conversation:
    """Write one archive a session in the form of the session archive, speakers by name."""
    found = Conversation(place / conversation["sample_id"])
    spoken, where = conversation["conversation"], dict[str, Place]()
    for number in range(1, 100):
        if not spoken.get(f"session_{number}"):
            continue
        moment = datetime.strptime(  # noqa: DTZ007 -- the data has no zone
            spoken[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y"
        )
        name = f"memory/sessions/{moment:%Y-%m-%d}-session-{number}.md"
        lines = archive_head(moment, f"{conversation['sample_id']}-{number}")
        for turn in spoken[f"session_{number}"]:
            lines.append(turn_line(turn))
            where[turn["dia_id"]] = (name, len(lines))
            found.turns[name, len(lines)] = turn_line(turn)
        path = found.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    for asked in conversation["qa"]:
        said = [
            each for part in asked.get("evidence", []) for each in re.findall(r"D\d+:\d+", part)
        ]
        evidence = {where[each] for each in said if each in where}
        if evidence:
            found.questions.append((asked["question"], asked["category"], evidence))
    return found


def archive_head(moment: datetime, session: str) -> list[str]:
    bullets = {"Session Key": "agent:main:main", "Session ID": session, "Source": "telegram"}
    head = [f"# Session: {moment:%Y-%m-%d %H:%M:%S} UTC", ""]
    head += [f"- **{name}**: {value}" for name, value in bullets.items()]
    return [*head, "", "## Conversation Summary", ""]


def turn_line(turn: dict[str, Any]) -> str:
    caption = f" [{turn['blip_caption']}]" if turn.get("blip_caption") else ""
    return f"{turn['speaker']}: {' '.join(turn['text'].split())}{caption}"


def by_command_line(conversation: Conversation) -> list[list[Place]]:
    words = ["memory", "search", "--root", str(conversation.folder), "--top", str(TOP), "--json"]
    asked = "\n".join(question for question, _, _ in conversation.questions)
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        input=asked + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        [(hit["path"], hit["line0"]) for hit in json.loads(line)]
        for line in done.stdout.splitlines()
    ]


def by_plain_fts(conversation: Conversation) -> list[list[Place]]:
    places, table = list(conversation.turns), plain_table(conversation)
    found = [
        [places[row] for row, _ in matched(table, " OR ".join(quoted(question)))][:TOP]
        for question, _, _ in conversation.questions
    ]
    table.close()
    return found


def by_and_hybrid(conversation: Conversation) -> list[list[Place]]:
    places, table = list(conversation.turns), plain_table(conversation)
    cosines = vectors_of(conversation)
    found = []
    for at, (question, _, _) in enumerate(conversation.questions):
        scores = {row: 0.7 * value for row, value in cosines[at].items()}
        for row, rank in matched(table, " AND ".join(quoted(question))):
            scores[row] = scores.get(row, 0.0) + 0.3 * -rank / (1 - rank)
        best = sorted((row for row in scores if scores[row] >= 0.35), key=lambda row: -scores[row])
        found.append([places[row] for row in best[:TOP]])
    table.close()
    return found


def plain_table(conversation: Conversation) -> sqlite3.Connection:
    table = sqlite3.connect(":memory:")
    table.execute("CREATE VIRTUAL TABLE turn USING fts5(text, tokenize='porter unicode61')")
    table.executemany(
        "INSERT INTO turn (rowid, text) VALUES (?, ?)", enumerate(conversation.turns.values())
    )
    return table


def quoted(question: str) -> list[str]:
    return [f'"{word}"' for word in all_words(question)]


def matched(table: sqlite3.Connection, match: str) -> list[tuple[int, float]]:
    return table.execute(
        "SELECT rowid, bm25(turn) FROM turn WHERE turn MATCH ? ORDER BY 2 LIMIT 40", (match,)
    ).fetchall()


def vectors_of(conversation: Conversation) -> list[dict[int, float]]:
    from memory.encoder import Encoder, weights_folder

    folder = weights_folder()
    if folder is None:
        return [{} for _ in conversation.questions]
    encoder = Encoder(folder)
    turns = encoder.encode(list(conversation.turns.values()))
    asked = encoder.encode([question for question, _, _ in conversation.questions])
    return [dict(enumerate(row)) for row in (asked @ turns.T).tolist()]


def print_row(name: str, answered: Sequence[tuple[Conversation, list[list[Place]]]]) -> None:
    by_category: dict[int, list[tuple[float, float, float]]] = {}
    for conversation, found in answered:
        for (_, category, evidence), hits in zip(conversation.questions, found, strict=True):
            by_category.setdefault(category, []).append(scores(evidence, hits))
    main_rows = [row for category, rows in by_category.items() if category != 5 for row in rows]
    parts = [f"{title} {mean(by_category[each])}" for each, title in CATEGORIES.items()]
    print(f"{name}\n  recall@5/@10/MRR {mean(main_rows)} over {len(main_rows)} questions")
    print(f"  {'; '.join(parts)}")


def scores(evidence: set[Place], hits: Sequence[Place]) -> tuple[float, float, float]:
    at_five, at_ten = len(evidence & set(hits[:5])), len(evidence & set(hits[:10]))
    first = next((1 / place for place, hit in enumerate(hits, start=1) if hit in evidence), 0.0)
    return at_five / len(evidence), at_ten / len(evidence), first


def mean(rows: Sequence[tuple[float, float, float]]) -> str:
    return "/".join(f"{sum(column) / len(rows):.3f}" for column in zip(*rows, strict=True))


def meaning_state(conversation: Conversation) -> str:
    from memory import Vault
    from memory.meaning import open_meaning
    from memory.recall import Recall

    recall = Recall(Vault(conversation.folder), meaning=open_meaning)
    state = recall.health().meaning
    recall.close()
    return state

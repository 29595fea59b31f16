"""How well sessions are cut: two public dialogue sets, and agent sessions with known borders.

`python -m benchmarks.memory_segments write` trains on all 300 SuperDialseg dialogues and writes
the weights that the package ships; without `write` the same model is only cross-validated.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks._agent_sessions import Written, written_sessions
from benchmarks._linear import trained
from benchmarks._segment_scores import Scores, folds, near_f1, scored, texttiling
from benchmarks._shared_data import Dialogue, dialogues, shared
from memory.boundaries import (
    QuestionWeights,
    question_features,
    question_scores,
    topic_gaps,
)
from memory.boundaries.shipped import SHIPPED
from memory.encoder import Encoder, weights_folder
from memory.segments import Grain, cuttable, spans
from memory.transcripts import read_transcript

RIDGE, LEAST_SEEN = 10.0, 12
# Names of single words and pairs begin with the side that said them.
WORDY = ("S ", "O ")
QUESTION_THRESHOLD = -0.35
# Of four shares and four depth weights tried, all better than none; a middle one is shown.
VECTOR_SHARE, USUAL_CLOSENESS = 4.0, 0.3
FOLDS = 10
SESSIONS = 60
OPENER = re.compile(r"^(?:now|next|also|separately|ok,? next|new topic|hey|thanks!)\b", re.I)
ATTRIBUTION = (
    "Trained on 300 dialogues of SuperDialseg (Apache-2.0, "
    "https://github.com/Coldog2333/SuperDialseg), validation part, by benchmarks/memory_segments.py"
)


def main() -> None:
    """Print each set's figures, the plain cutters beside ours."""
    if path := shared("dialseg711_dev.jsonl"):
        untrained(dialogues(path))
    if path := shared("superdialseg_dev.jsonl"):
        cross_validated(dialogues(path))
    agent_sessions("seed used while writing the rules", 4)
    agent_sessions("seed never looked at", 1104)


def untrained(talks: Sequence[Dialogue]) -> None:
    """DialSeg711: nothing here is trained."""
    print(f"DialSeg711, {len(talks)} development dialogues, untrained")
    _line("no border", _each(talks, lambda d: [0] * len(d.cuts)))
    _line("TextTiling, k=2 c=.5", _each(talks, _tiled))
    start = time.perf_counter()
    found = _each(talks, lambda d: [int(gap.score > 0) for gap in topic_gaps(d.talk)])
    spent = (time.perf_counter() - start) / len(talks)
    _line("topic gaps (ours), no vectors", found)
    print(f"  {spent * 1e3:.1f} ms a dialogue")
    if folder := weights_folder():
        encoder = Encoder(folder)
        _line("topic gaps with MiniLM", _each(talks, lambda d: _with_vectors(d, encoder)))
    else:
        print("  topic gaps with MiniLM: not measured, the embeddings are not installed")


def _with_vectors(talk: Dialogue, encoder: Encoder) -> list[int]:
    """Take off what two turns before and two after a gap have in common, as vectors see it."""
    vectors = np.asarray(encoder.encode([utterance.text for utterance in talk.talk]), dtype=float)
    found = []
    for gap in topic_gaps(talk.talk):
        before = vectors[max(0, gap.before - 2) : gap.before].mean(axis=0)
        after = vectors[gap.before : gap.before + 2].mean(axis=0)
        close = before @ after / (np.linalg.norm(before) * np.linalg.norm(after))
        found.append(int(gap.score - VECTOR_SHARE * (close - USUAL_CLOSENESS) > 0))
    return found


def cross_validated(talks: Sequence[Dialogue]) -> None:
    """SuperDialseg: each dialogue is cut by weights learned on the other folds."""
    print(f"SuperDialseg, {len(talks)} development dialogues, {FOLDS}-fold by dialogue, 3 shuffles")
    _line("no border", _each(talks, lambda d: [0] * len(d.cuts)))
    _line("TextTiling, k=2 c=.5", _each(talks, _tiled))
    _line("before every user turn", _each(talks, lambda d: [int(u.steering) for u in d.talk[1:]]))
    _line(
        "topic gaps, untrained",
        _each(talks, lambda d: [int(gap.score > 0) for gap in topic_gaps(d.talk)]),
    )
    rounds = [_one_round(talks, seed) for seed in range(3)]
    mean = [statistics.fmean(column) for column in zip(*rounds, strict=True)]
    print(f"  {'question gaps (ours)':32} {Scores(*mean)}")


def _one_round(talks: Sequence[Dialogue], seed: int) -> tuple[float, float, float]:
    pairs = []
    for held_out in folds(len(talks), FOLDS, random.Random(seed).shuffle):
        model = question_model([t for i, t in enumerate(talks) if i not in held_out])
        for index in held_out:
            scores = question_scores(talks[index].talk, model)
            pairs.append((talks[index].cuts, [int(s > model.threshold) for s in scores]))
    result = scored(pairs)
    return result.pk, result.wd, result.f1


def question_model(talks: Sequence[Dialogue]) -> QuestionWeights:
    """Learn where a new question starts."""
    rows = [row for talk in talks for row in question_features(talk.talk)]
    answers = [cut for talk in talks for cut in talk.cuts]
    model = trained(rows, answers, RIDGE, LEAST_SEEN, dense=lambda name: name[:2] not in WORDY)
    weights = {name: round(weight, 4) for name, weight in model.weights.items()}
    return QuestionWeights(round(model.bias, 4), QUESTION_THRESHOLD, weights)


def agent_sessions(label: str, seed: int) -> None:
    """Concatenated agent sessions: a border counts within one human turn."""
    written = list(written_sessions(SESSIONS, seed))
    events = [len(read_transcript(session.text).events) for session in written]
    print(f"{SESSIONS} agent sessions of {statistics.fmean(events):.0f} events ({label})")
    _borders("TextTiling over human turns", written, events, _tiled_turns)
    _borders("opener words (keyword rule)", written, events, _opener_rule)
    _borders(
        "every 4th human turn", written, events, lambda s: list(range(4, len(s.turn_lines), 4))
    )
    _borders("segments (ours)", written, events, _ours)
    for grain in (Grain.FINER, Grain.COARSER):
        _borders(f"segments, {grain.name.lower()}", written, events, lambda s, g=grain: _ours(s, g))


def _borders(
    name: str,
    written: Sequence[Written],
    events: Sequence[int],
    cutter: Callable[[Written], list[int]],
) -> None:
    cuts = [cutter(session) for session in written]
    true = [[s.turn_lines.index(line) for line in s.opening_lines] for s in written]
    hits, found, wanted = (
        sum(column)
        for column in zip(*(near_f1(t, c) for t, c in zip(true, cuts, strict=True)), strict=True)
    )
    exact = sum(near_f1(t, c, 0)[0] for t, c in zip(true, cuts, strict=True))
    share = [(len(c) + 1) / n * 166 for c, n in zip(cuts, events, strict=True)]
    within = sum(3 <= round(s, 6) <= 7 for s in share)
    print(
        f"  {name:32} F1 {2 * hits / (found + wanted):.3f} within one turn, "
        f"{2 * exact / (found + wanted):.3f} exact, P {hits / max(1, found):.3f} "
        f"R {hits / wanted:.3f}; {statistics.fmean(share):.1f} per 166 events "
        f"({min(share):.1f}-{max(share):.1f}; {within} of {len(share)} sessions in 3-7)"
    )


def _ours(session: Written, grain: Grain = Grain.EVEN) -> list[int]:
    cut = spans(cuttable(read_transcript(session.text).events), grain)
    return [session.turn_lines.index(span.events[0].place.line) for span in cut[1:]]


def _turn_texts(session: Written) -> list[str]:
    cut = cuttable(read_transcript(session.text).events)
    return [atom.human.text if atom.human else "" for atom in cut.atoms]


def _tiled_turns(session: Written) -> list[int]:
    return [gap + 1 for gap, cut in enumerate(texttiling(_turn_texts(session))) if cut]


def _opener_rule(session: Written) -> list[int]:
    texts = _turn_texts(session)
    return [turn for turn, text in enumerate(texts) if turn and OPENER.match(text)]


def _every_fourth(session: Written) -> list[int]:
    return list(range(4, len(session.turn_lines), 4))


def _tiled(talk: Dialogue) -> list[int]:
    return texttiling([utterance.text for utterance in talk.talk])


def _each(talks: Sequence[Dialogue], cutter: Callable[[Dialogue], Sequence[int]]) -> Scores:
    return scored((talk.cuts, cutter(talk)) for talk in talks)


def _line(name: str, result: Scores) -> None:
    print(f"  {name:32} {result}")


def write_weights() -> None:
    """Train on all dialogues and write the file that the package ships."""
    path = shared("superdialseg_dev.jsonl")
    if path is None:
        return
    model = question_model(dialogues(path))
    stored = {"source": ATTRIBUTION, "bias": model.bias, "threshold": model.threshold}
    weights = {name: weight for name, weight in model.weights.items() if abs(weight) >= 0.005}
    SHIPPED.write_text(json.dumps(stored | {"weights": weights}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_weights() if sys.argv[1:] == ["write"] else main()

"""What other programs propose is put to the person, and added once, on their tap alone."""

from __future__ import annotations

import json

from bot.proposals import FILE_NAME
from tests.conftest import heard, talk, titles


def propose(home, **fields):
    with (home / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(fields) + "\n")


def test_a_proposal_is_put_once_and_added_once_however_often_it_is_tapped(app, home):
    propose(home, id="p1", title="renew the licence", due="2026-03-05")
    app.tick()
    app.tick()
    assert heard(app) == [
        "Another program proposes a task: “renew the licence” for Thursday. Only you can add it.\n"
        "  [Add it]"
    ]
    assert titles(app) == []
    talk(app, "Add it", button="propose:p1")
    talk(app, "Add it", button="propose:p1")
    assert titles(app) == ["renew the licence"]


def test_a_broken_line_in_the_proposals_is_passed_by(app, home):
    (home / FILE_NAME).write_text("not json\n{}\n", encoding="utf-8")
    propose(home, id="p2", title="good one")
    app.tick()
    assert len(heard(app)) == 1
    assert "no longer kept" in talk(app, "Add it", button="propose:gone")[0]

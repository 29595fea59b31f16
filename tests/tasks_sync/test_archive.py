from __future__ import annotations

import json
from datetime import date

import pytest

from tasks_sync import ArchiveDamaged, TaskChanges
from tasks_sync.archive import NotEmpty, export_tasks, import_tasks
from tests.tasks_sync.house import Desk, Workbench


def export(desk) -> str:
    with desk.session() as session:
        return export_tasks(session, at=desk.clock())


def restore(desk, text: str):
    with desk.session() as session:
        return import_tasks(session, text)


def test_everything_exported_is_restored_and_goes_on_where_it_stopped(bench, google, tmp_path):
    parent = bench.add("parent", notes="é\n😀", due=date(2026, 3, 4))
    bench.add("child", parent_id=parent.id)
    bench.complete(bench.add("done").id)
    bench.add_list("Home")
    bench.rest()
    bench.edit(parent.id, TaskChanges(title="not sent yet"))
    bench.delete(bench.task("done").id)
    text = export(bench)

    other = Workbench(google, tmp_path / "other", bench.clock)
    other.file = bench.file
    other.start()
    imported = restore(other, text)
    assert (imported.lists, imported.tasks) == (2, 3)
    assert other.reader.tasks() == bench.reader.tasks()
    assert json.loads(export(other))["tables"] == json.loads(text)["tables"]
    other.rest()
    assert google.tree() == [("not sent yet", [("child", [])])]
    assert len(google.matching("POST", r"/tasks$")) == 3
    other.same()
    other.close()


def test_what_was_sent_after_the_export_is_not_made_again_by_the_restored_copy(
    bench, google, tmp_path
):
    bench.rest()
    bench.add("sent later", notes="once", due=date(2026, 3, 4))
    bench.add_list("Home")
    text = export(bench)
    bench.rest()
    other = Workbench(google, tmp_path / "other", bench.clock)
    other.file = bench.file
    other.start()
    restore(other, text)
    other.rest()
    assert google.tree() == [("sent later", [])]
    assert sorted(google.lists().values()) == ["Home", "My Tasks"]
    other.same()
    other.close()


def test_what_was_never_sent_is_sent_by_the_restored_copy(bench, google, tmp_path):
    bench.rest()
    bench.add("never sent")
    bench.add("in a new list", list_id=bench.add_list("Home").id)
    text = export(bench)
    other = Workbench(google, tmp_path / "other", bench.clock)
    other.file = bench.file
    other.start()
    restore(other, text)
    other.rest()
    assert google.tree() == [("never sent", [])]
    assert google.tree("Home") == [("in a new list", [])]
    other.same()
    other.close()


def test_an_archive_does_not_overwrite_tasks():
    desk = Desk()
    desk.add("mine")
    with pytest.raises(NotEmpty, match="1 tasks"):
        restore(desk, export(desk))
    assert desk.titles() == ["mine"]
    desk.close()


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda text: text[:-20], "not JSON"),
        (lambda _text: "[]", "not a task archive"),
        (lambda text: text.replace('"version": 1', '"version": 99'), "99"),
        (lambda text: text.replace('"task_base"', '"other"'), "task_base"),
        (lambda text: text.replace('"title"', '"titel"'), "lacks title"),
        (lambda text: text.replace('"title": "mine"', '"title": 7'), r"task\[0\].title is 7"),
        (lambda text: text.replace('"due": null', '"due": "soon"'), "due is 'soon'"),
        (lambda text: text.replace("needsAction", "frob"), r"task\[0\].status is 'frob'"),
        (lambda text: text.replace('"parent_id": null', '"parent_id": "x"'), "task names a row of"),
        (lambda text: text.replace('"exported_at"', '"at"'), "exported_at"),
    ],
)
def test_a_damaged_archive_is_refused_by_the_damaged_place_and_changes_nothing(damage, place):
    source, target = Desk(), Desk()
    source.add("mine")
    with pytest.raises(ArchiveDamaged, match=place):
        restore(target, damage(export(source)))
    assert target.titles() == []
    assert target.reader.default_list().title == "My Tasks"
    source.close()
    target.close()

"""`touchbase lab fleet`, `place`, `bound` and `plot` as a person or a program calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.lab import app

ROOT = Path(__file__).parents[1]
CASE = {
    "id": "one",
    "levels": ["rack", "kubernetes.io/hostname"],
    "nodes": [
        {
            "name": name,
            "labels": {"rack": "r1", "kubernetes.io/hostname": name},
            "allocatable": {"cpu": 2000, "pods": 10},
        }
        for name in ("a", "b")
    ],
    "pod_sets": [
        {
            "name": "main",
            "topology_request": {"required": "rack"},
            "requests_per_pod": {"cpu": 1000},
            "count": 3,
        }
    ],
}


def ran(*words: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == status, result.output
    return result.output


def test_the_seed_fleet_is_shown_with_its_job() -> None:
    shown = ran("fleet", "seed")

    assert "10,000 GPUs" in shown
    assert "job 'train' can run here" in shown
    assert json.loads(ran("fleet", "seed", "--json"))["levels"]["rack"] == 50


def test_a_job_is_placed_the_same_for_the_same_seed() -> None:
    words = ("place", "seed", "--load", "0.9", "--policy", "random", "--json", "--seed")
    first, again, other = (ran(*words, seed) for seed in ("1", "1", "2"))

    assert first == again != other
    assert json.loads(first)["jobs"][0]["placed"] is True


def test_cases_are_answered_in_the_form_of_their_expectation(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"default_feature_gates": {}, "cases": [CASE]}))

    [answer] = json.loads(ran("place", "--cases", str(path)))

    assert answer == {
        "id": "one",
        "pod_sets": [
            {
                "name": "main",
                "assignment": {
                    "levels": ["kubernetes.io/hostname"],
                    "domains": [{"values": ["a"], "count": 2}, {"values": ["b"], "count": 1}],
                },
                "reason": "",
            }
        ],
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("not json", "is not JSON"),
        ("3", "expected a list of cases"),
        (json.dumps([{"id": "x"}]), "case 0: levels: Field required"),
    ],
)
def test_a_file_without_cases_is_refused_in_one_line(tmp_path, text: str, named: str) -> None:
    path = tmp_path / "cases.json"
    path.write_text(text)

    refusal = ran("place", "--cases", str(path), status=2)

    assert named in refusal
    assert refusal.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("place", "nowhere.toml"), "there is no file nowhere.toml"),
        (("place", "seed", "--policy", "nope"), "no policy 'nope'"),
        (("bound", "--trace", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_line(words: tuple[str, ...], named: str) -> None:
    refusal = ran(*words, status=2)

    assert named in refusal
    assert refusal.count("\n") == 1


def test_an_impossible_job_is_refused_with_the_nearest_that_fits(tmp_path: Path) -> None:
    scene = tmp_path / "s.toml"
    scene.write_text(
        '[fleet]\nname="x"\nlevels=["node"]\nnode_types={n={gpu="T4",gpus=2}}\n'
        'blocks=[{name="n",node_type="n",counts=[1]}]\n[[jobs]]\nname="j"\ngpus=5\n'
    )

    assert "5 GPUs are more than the fleet's 2; nearest: 2 GPUs" in ran(
        "place", str(scene), status=2
    )
    assert "can never run here" in ran("fleet", str(scene))


def test_a_bound_shows_the_distance() -> None:
    [gap] = json.loads(ran("bound", "seed", "--load", "0.5", "--json"))

    assert gap["distance"] == pytest.approx(gap["result"] - gap["bound"])


@pytest.mark.parametrize("scene", ["seed", "nvl72", "shared"])
def test_a_picture_is_a_png_of_the_size_of_a_chat(tmp_path: Path, scene: str) -> None:
    out = tmp_path / "new folder" / "p.png"
    ran("plot", scene, "--out", str(out), "--load", "0.03")

    header = out.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(header[at : at + 4], "big") for at in (16, 20)] == [1280, 960]


def test_asking_for_help_loads_neither_compiler_nor_plots() -> None:
    script = (
        "import sys; import bot.cli.lab;"
        "heavy = {'numba', 'numpy', 'matplotlib', 'scipy', 'ortools'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={**os.environ})
    assert done.returncode == 0


def test_a_fleet_can_be_looked_into_as_one_page_without_any_address(tmp_path: Path) -> None:
    out = tmp_path / "fleet.html"
    ran("plot", "shared", "--out", str(out), "--load", "0.3")

    page = out.read_text()
    assert "rack1\\u002fnode1" in page
    assert "<script src=" not in page


def result(policy: str, final: float) -> str:
    curve = [min(percent, final) for percent in range(131)]
    return json.dumps(
        {
            "policy": policy,
            "workload": "w",
            "allocation": curve,
            "fragmentation": [None, *curve[1:]],
        }
    )


def test_results_are_drawn_as_curves(tmp_path: Path) -> None:
    files = [tmp_path / f"{policy}.json" for policy in ("fgd", "random")]
    for file, final in zip(files, (95, 87), strict=True):
        file.write_text(result(file.stem, final))
    for curve in ("allocation", "fragmentation"):
        out = tmp_path / f"{curve}.png"
        ran("plot", *map(str, files), "--curve", curve, "--out", str(out))
        assert out.read_bytes()[:4] == b"\x89PNG"

    page = tmp_path / "curves.html"
    ran("plot", *map(str, files), "--out", str(page))
    assert "8.0 points more than random" in page.read_text("utf-8")

    assert "no curve 'x'; there are: allocation" in ran(
        "plot", str(files[0]), "--curve", "x", status=2
    )


def test_a_file_that_is_no_result_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("{}")

    assert "is no result of `lab simulate" in ran("plot", str(file), status=2)

"""`touchbase lab fit` and `pack`, as the person types them."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bot.cli.lab_pack import app


def invoked(*words, given=b""):
    return CliRunner().invoke(app, [str(word) for word in words], given, catch_exceptions=False)


def typed(*words, given=b""):
    done = invoked(*words, given=given)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*words, given=b""):
    done = invoked(*words, given=given)
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def packed(*words, given=b""):
    return json.loads(typed("pack", "--capacity", 10, "--json", *words, given=given))


EXPECTED = {
    "items": 5,
    "capacity": 10,
    "bins": 3,
    "efficiency": 0.9,
    "lower_bound": 3,
    "oversized": 0,
}


def test_lengths_on_standard_input_are_packed():
    assert packed(given=b"3 4\n5,6\r\n9\n") == EXPECTED
    assert packed("-", "--assignment", given=b"3 4 5 6 9") == EXPECTED | {
        "assignment": [2, 1, 2, 1, 0]
    }


def test_text_npy_and_parquet_files_give_the_same_packing(tmp_path):
    lengths = np.array([3, 4, 5, 6, 9], dtype=np.int32)
    (tmp_path / "lengths.txt").write_text("3\n4\n5\n6\n9\n")
    np.save(tmp_path / "lengths.npy", lengths)
    pq.write_table(pa.table({"length": lengths, "of": list("abcde")}), tmp_path / "one.parquet")
    tokens = [[7] * int(length) for length in lengths]
    pq.write_table(pa.table({"ids": tokens, "score": lengths * 0.5}), tmp_path / "two.parquet")
    for file in ("lengths.txt", "lengths.npy", "one.parquet"):
        assert packed(tmp_path / file) == EXPECTED
        assert packed(given=(tmp_path / file).read_bytes()) == EXPECTED
    assert packed(tmp_path / "two.parquet", "--column", "ids") == EXPECTED
    assert "several columns" in refused("pack", "--capacity", 10, tmp_path / "two.parquet")
    no_column = refused("pack", "--capacity", 10, tmp_path / "two.parquet", "--column", "x")
    assert "give --column with one of: ids, score" in no_column


def test_costs_may_be_fractions():
    said = json.loads(typed("pack", "--capacity", 1, "--json", given=b"0.3 0.4 0.7 0.6"))
    assert (said["bins"], said["efficiency"]) == (2, 1.0)


def test_without_json_a_sentence_says_it():
    said = typed("pack", "--capacity", 10, "--assignment", given=b"3 4 5 6 9")
    assert said.splitlines()[0].startswith("5 items in 3 bins of 10")
    assert said.splitlines()[1:] == ["2", "1", "2", "1", "0"]


def test_oversized_items_are_refused_by_name_or_packed_alone():
    assert "Item 1 costs 11: a bin holds 10" in refused("pack", "--capacity", 10, given=b"3 11 4")
    alone = packed("--oversized", "own-bin", given=b"3 11 4")
    assert (alone["bins"], alone["oversized"], alone["efficiency"]) == (2, 1, 0.7)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"3 -4", "Item 1 costs -4: a cost cannot be below 0"),
        (b"3 nan", "Item 1 costs nan: a cost must be a finite number"),
        (b"3 inf", "Item 1 costs inf"),
        (b"3 four", "item 1 is 'four', not a number"),
        (b"\xff\xfe\x00\x01", "neither text, .npy nor Parquet"),
        (b"\x93NUMPY\x01", "broken .npy"),
        (b"PAR1 and no more", "broken Parquet"),
    ],
)
def test_input_that_cannot_be_packed_is_one_clear_line(given, said):
    assert said in refused("pack", "--capacity", 10, given=given)


def test_files_that_cannot_be_packed_are_one_clear_line(tmp_path):
    assert "No such file" in refused("pack", "--capacity", 10, tmp_path / "none")
    np.save(tmp_path / "square.npy", np.ones((2, 2)))
    assert "float64 of shape 2x2" in refused("pack", "--capacity", 10, tmp_path / "square.npy")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert "broken .npy" in refused("pack", "--capacity", 10, tmp_path / "objects.npy")
    pq.write_table(pa.table({"length": [3, None]}), tmp_path / "holes.parquet")
    said = refused("pack", "--capacity", 10, tmp_path / "holes.parquet")
    assert "row 1 of column 'length' has no value" in said
    assert "only Parquet has columns" in refused(
        "pack", "--capacity", 10, "--column", "x", given=b"3"
    )


@pytest.mark.parametrize("capacity", ["0", "-1", "nan", "inf"])
def test_a_capacity_that_is_no_size_is_refused(capacity):
    assert "The capacity is" in refused("pack", "--capacity", capacity, given=b"3")


H200 = ("--model", "bert-base", "--seq", 512, "--gpu", "h200")


def test_two_measured_points_calibrate_the_answer():
    measured = ("--measured", "8x512=132", "--measured", "32x512=528", "--json")
    row = json.loads(typed("fit", *H200, *measured))
    assert row["batch"] == 16901 // 2
    eager = ("--attention", "eager", "--measured", "64x128=264", "--measured", "32x512=960")
    twice = json.loads(typed("fit", *H200, *eager, "--json"))["batch"]
    once = json.loads(typed("fit", *H200, "--attention", "eager", "--json"))["batch"]
    assert twice == pytest.approx(once / 2, rel=0.02)


def test_fit_says_the_largest_batch_and_why():
    said = typed("fit", "--model", "bert-base", "--seq", 512, "--gpu", "h200")
    assert said.startswith("Largest safe batch: 16901 requests")
    assert "free (catalogue, nobody on it)" in said
    row = json.loads(typed("fit", "--model", "bert-base", "--seq", 512, "--gpu", "h200", "--json"))
    assert row["batch"] == 16901
    spent = row["context_bytes"] + row["slack_bytes"] + row["safety_bytes"]
    assert row["usable_bytes"] == row["free_bytes"] - spent


def test_fit_from_total_shows_the_accident():
    asked = ("fit", "--model", "bert-base", "--seq", 512, "--sim", "h200x8,busy")
    assert "out of memory" in typed(*asked, "--total")
    assert "out of memory" not in typed(*asked)
    row = json.loads(typed(*asked, "--total", "--json"))
    accident = row["accident"]
    assert accident["needed_bytes"] - accident["free_bytes"] == accident["short_bytes"] > 0


def test_fit_says_when_not_even_one_request_fits():
    asked = ("fit", "--model", "bert-base", "--seq", 512, "--gpu", "t4", "--free-mib", 300)
    assert typed(*asked).startswith("Not one request fits")
    assert json.loads(typed(*asked, "--json"))["batch"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "berd", "--seq", 5), "No model 'berd'"),
        (("--model", "bert-base", "--seq", 513, "--gpu", "h200"), "reads 1 to 512 tokens"),
        (("--model", "bert-base", "--seq", 5, "--gpu", "h2"), "GPU 'h2' is not known"),
        (("--model", "bert-base", "--seq", 5, "--free-mib", 9), "--gpu h200"),
        (("--model", "bert-base", "--seq", 5, "--gpu", "h200", "--sim", "t4"), "--gpu 0"),
        (("--model", "bert-base", "--seq", 5, "--gpu", 9, "--sim", "h200x8"), "has 8 GPUs"),
        (("--model", "bert-base", "--seq", 5, "--sim", "what"), "No such machine"),
        ((*H200, "--measured", "8x512=140"), "two points calibrate"),
        (
            (*H200, "--measured", "8x512=140", "--measured", "8*9"),
            "is not of the form 32x512=265.5",
        ),
        ((*H200, "--measured", "8x512=140", "--measured", "8x512=141"), "both have 4096"),
        ((*H200, "--measured", "8x512=140", "--measured", "0x512=141"), "not above 0"),
    ],
)
def test_fit_refuses_in_one_clear_line(words, said):
    assert said in refused("fit", *words)

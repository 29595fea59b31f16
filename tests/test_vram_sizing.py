"""How large a batch memory holds: models, the closed form, budgets, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_lab.probe import Instant, Probe, Simulator, parse_scenario, read_surroundings
from gpu_lab.vram import (
    Attention,
    Dtype,
    EncoderNotReadable,
    EncoderRefused,
    GpuRefused,
    Measured,
    PointsRefused,
    RequestRefused,
    UnknownEncoder,
    budget,
    built_in_names,
    calibrated_eager,
    calibrated_fused,
    closed_form,
    largest_batch,
    overrun,
    read_encoder,
    room_of_catalogue,
    room_of_snapshot,
)

MIB = 1 << 20
BERT = read_encoder("bert-base")
LONG_BERT = BERT.model_copy(update={"positions": 8192, "longest": 8192})


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("bert-base", 109_482_240),
        ("bert-large", 335_141_888),
        ("distilbert-base", 66_362_880),
        ("minilm-l6", 22_713_216),
        ("xlm-roberta-base", 278_043_648),
        ("bge-m3", 567_754_752),
    ],
)
def test_a_built_in_model_has_the_parameters_that_its_authors_count(name, parameters):
    assert read_encoder(name).parameters == parameters


def test_every_built_in_model_can_be_read():
    assert len(built_in_names()) == 7
    assert all(read_encoder(name).weight_bytes > 0 for name in built_in_names())


@pytest.mark.parametrize(
    ("attention", "length", "mib"),
    [("fused", 512, 265), ("eager", 512, 480), ("eager", 2048, 1632), ("eager", 8192, 6240)],
)
def test_the_closed_form_gives_the_peaks_that_were_measured_for_bert(attention, length, mib):
    form = closed_form(LONG_BERT, Attention(attention))
    assert form.peak_bytes(16384 // length, length) / MIB == pytest.approx(mib, rel=0.006)


def test_the_scores_of_eager_attention_decide_from_224_tokens_on():
    assert closed_form(BERT, Attention.EAGER).crossover == 224
    assert closed_form(BERT, Attention.FUSED).crossover is None


@given(st.integers(1, 512), st.integers(0, 80_000), st.sampled_from(Attention))
@settings(max_examples=100, deadline=None)
def test_the_largest_batch_fits_and_one_more_would_not(length, free_mib, attention):
    form = closed_form(BERT, attention)
    given_budget = budget(free_mib * MIB, 500 * MIB, BERT)
    sized = largest_batch(BERT, form, length, given_budget)
    room = given_budget.for_activations
    if sized.batch:
        assert form.peak_bytes(sized.batch, length) <= room
    assert form.peak_bytes(sized.batch + 1, length) > room
    assert sized.held_bytes + given_budget.safety <= free_mib * MIB or not sized.batch


def test_a_budget_takes_context_slack_safety_and_weights_from_what_is_free():
    spent = budget(10_000 * MIB, 500 * MIB, BERT, safety=100 * MIB)
    assert spent.usable == (10_000 - 500 - 80 - 100) * MIB
    assert spent.for_activations == spent.usable - BERT.weight_bytes
    with_context = budget(10_000 * MIB, 0, BERT, safety=100 * MIB)
    assert with_context.usable - spent.usable == 500 * MIB


def test_a_batch_sized_from_total_runs_out_of_memory_beside_a_neighbour():
    room = room_of_catalogue("h200", free_mib=20_000)
    form = closed_form(BERT, Attention.FUSED)
    safe = largest_batch(BERT, form, 512, budget(room.free, room.context, BERT))
    accident = largest_batch(BERT, form, 512, budget(room.total, room.context, BERT))
    assert overrun(safe, room.free) is None
    over = overrun(accident, room.free)
    assert over is not None
    assert over.short == accident.held_bytes - room.free > 0


def snapshot(scenario):
    now = Instant(datetime(2026, 3, 2, tzinfo=UTC), 0)
    around = dataclasses.replace(read_surroundings({}), ram_bytes=None)
    with Probe(Simulator(parse_scenario(scenario), around, lambda: now)) as probe:
        return probe.snapshot()


def test_free_is_what_the_probe_sees_and_not_total_minus_something():
    seen = snapshot("h200x2,busy")
    room = room_of_snapshot(seen, 0)
    assert (room.total, room.free) == (seen.gpus[0].memory.total, seen.gpus[0].memory.free)
    assert room.free < room_of_catalogue("h200").free
    assert room.context == room_of_catalogue("h200").context


def test_a_gpu_whose_memory_is_not_known_is_named():
    with pytest.raises(GpuRefused, match="GPU 1 is not known: GPU is lost"):
        room_of_snapshot(snapshot("h200x2,lost:1"), 1)
    with pytest.raises(GpuRefused, match="has 2 GPUs"):
        room_of_snapshot(snapshot("h200x2"), 2)
    with pytest.raises(GpuRefused, match="the catalogue has a100"):
        room_of_catalogue("voodoo")
    for free in (-1, 143_772):
        with pytest.raises(GpuRefused, match="between 0 and 143771"):
            room_of_catalogue("h200", free)


@pytest.mark.parametrize("length", [0, -5, 513])
def test_a_length_that_the_model_cannot_read_is_refused(length):
    with pytest.raises(RequestRefused, match="reads 1 to 512 tokens"):
        largest_batch(BERT, closed_form(BERT, Attention.FUSED), length, budget(1 << 40, 0, BERT))


def test_two_points_of_fused_attention_give_what_is_fixed_and_what_a_token_costs():
    form = calibrated_fused(Measured(8, 512, 150_000_000), Measured(32, 512, 450_000_000))
    assert form.peak_bytes(8, 512) == 150_000_000
    assert form.fixed == pytest.approx(50_000_000)
    assert form.peak_bytes(64, 512) == pytest.approx(850_000_000)


def test_a_line_that_would_begin_below_zero_becomes_the_safe_line_through_it():
    form = calibrated_fused(Measured(1, 100, 1_000), Measured(2, 100, 3_000))
    assert form.fixed == 0
    assert form.peak_bytes(1, 100) >= 1_000
    assert form.peak_bytes(2, 100) == 3_000


def test_two_points_of_eager_attention_scale_both_branches():
    form = closed_form(LONG_BERT, Attention.EAGER)
    short, long = (
        Measured(n, length, int(form.peak_bytes(n, length) * 1.1))
        for n, length in ((64, 128), (4, 2048))
    )
    scaled = calibrated_eager(form, long, short)
    for n, length in ((64, 128), (4, 2048), (2, 4096), (10, 64)):
        assert scaled.peak_bytes(n, length) == pytest.approx(
            1.1 * form.peak_bytes(n, length), rel=1e-6
        )


@pytest.mark.parametrize(
    ("short", "long", "why"),
    [
        (Measured(1, 300, 10**8), Measured(1, 600, 10**8), "both sides of 224"),
        (Measured(1, 128, 10**8), Measured(1, 512, 10), "was it fused"),
        (Measured(0, 128, 10**8), Measured(1, 512, 10**8), "not above 0"),
    ],
)
def test_points_that_cannot_calibrate_are_refused(short, long, why):
    with pytest.raises(PointsRefused, match=why):
        calibrated_eager(closed_form(BERT, Attention.EAGER), short, long)


def test_two_fused_points_must_differ_and_rise():
    with pytest.raises(PointsRefused, match="both have 512"):
        calibrated_fused(Measured(1, 512, 5), Measured(2, 256, 6))
    with pytest.raises(PointsRefused, match="measure again"):
        calibrated_fused(Measured(1, 512, 6), Measured(2, 512, 5))
    with pytest.raises(PointsRefused, match="one branch"):
        calibrated_eager(
            closed_form(BERT, Attention.FUSED), Measured(1, 128, 5), Measured(1, 512, 6)
        )


HUGGING_FACE = {
    "model_type": "bert",
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}


def config(folder, **changes):
    file = folder / "config.json"
    file.write_text(json.dumps(HUGGING_FACE | changes))
    return str(file)


def test_a_hugging_face_config_gives_the_same_model_as_ours(tmp_path):
    read = read_encoder(config(tmp_path, torch_dtype="float16"))
    assert read.model_copy(update={"name": BERT.name}) == BERT
    assert read_encoder(config(tmp_path)).dtype is Dtype.FLOAT32
    assert read_encoder(config(tmp_path), Dtype.BFLOAT16).weight_bytes == BERT.weight_bytes


def test_a_roberta_numbers_its_positions_from_two(tmp_path):
    read = read_encoder(
        config(tmp_path, model_type="roberta", max_position_embeddings=514, type_vocab_size=1)
    )
    assert (read.positions, read.longest) == (514, 512)


def test_a_distilbert_has_its_own_names_for_the_sizes(tmp_path):
    sizes = {"model_type": "distilbert", "dim": 768, "n_layers": 6, "n_heads": 12}
    sizes |= {"hidden_dim": 3072, "vocab_size": 30522, "max_position_embeddings": 512}
    file = tmp_path / "config.json"
    file.write_text(json.dumps(sizes))
    assert read_encoder(str(file)).parameters == read_encoder("distilbert-base").parameters


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"model_type": "llama"}, "model_type 'llama' is none of bert"),
        ({"is_decoder": True}, "a decoder keeps a cache"),
        ({"embedding_size": 128}, "its embedding_size is not its hidden_size"),
        ({"hidden_size": 770}, "hidden 770 is not a multiple of heads 12"),
        ({"hidden_size": -768}, "hidden: Input should be greater than 0"),
        ({"num_hidden_layers": "many"}, "layers: Input should be a valid integer"),
        ({"max_position_embeddings": None}, "positions: "),
        ({"torch_dtype": "int4"}, "dtype: Input should be 'float32', 'float16' or 'bfloat16'"),
    ],
)
def test_a_config_that_describes_no_such_encoder_is_refused_by_name(tmp_path, changes, why):
    with pytest.raises(EncoderRefused, match=why):
        read_encoder(config(tmp_path, **changes))


def test_files_that_cannot_be_read_say_which_and_why(tmp_path):
    broken = {
        "a.toml": b"hidden = ",
        "b.json": b"{",
        "c.toml": b"\xff\xfe\x00",
        "d.json": b"[" * 9**5,
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(EncoderNotReadable, match=name):
            read_encoder(str(tmp_path / name))
    with pytest.raises(EncoderNotReadable, match="No such file"):
        read_encoder(str(tmp_path / "none.toml"))
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(EncoderRefused, match="not a JSON object"):
        read_encoder(str(tmp_path / "list.json"))
    (tmp_path / "few.toml").write_text("hidden = 8\nlayers = 1\nheads = 2\nffn = 32\n")
    with pytest.raises(EncoderRefused, match="vocabulary: Field required"):
        read_encoder(str(tmp_path / "few.toml"))
    with pytest.raises(UnknownEncoder, match="there are: bert-base"):
        read_encoder("berd-base")

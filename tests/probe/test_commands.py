"""The commands as a person runs them, on simulated machines and without a driver."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from typer.testing import CliRunner

from bot.cli.lab_probe import app
from gpu_lab.probe import Probe, ProbeThread, ProbeUnavailable, Snapshot
from gpu_lab.probe.errors import LoopWouldStall
from gpu_lab.probe.picture import caption, snapshot_png
from gpu_lab.probe.prometheus import metrics, serve
from gpu_lab.probe.table import snapshot_view
from tests.probe.machines import simulated, simulator

ROOT = Path(__file__).parents[2]
MIB = 2**20


def ran(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_a_simulated_machine_is_shown() -> None:
    status, out, _ = ran("probe", "--sim", "h200x8,busy,lost:5")
    assert status == 0
    assert "8 x NVIDIA H200" in out
    assert "! GPU 5 cannot be reached: GPU is lost" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["probe", "--sim", "h900"], "No such machine: 'h900'"),
        (["probe", "--sim", "h200x8,lost:9"], "Cannot simulate 'lost:9'"),
        (["probe", "--replay", "nothing.tape"], "nothing.tape is not a probe's tape"),
        (["probe", "--sim", "t4x1", "--replay", "x"], "two different machines"),
        (["record", "/nonexistent/x.tape", "--sim", "t4x1"], "cannot write"),
        (["probe", "--sim", "t4x1,lost:0", "--fleet"], "no GPU of this machine can be used"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_a_way_out(words: list[str], said: str) -> None:
    status, out, err = ran(*words)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_machine_without_a_driver_is_one_line_that_offers_a_simulation() -> None:
    code = "from bot.cli.lab_probe import app; app()"
    done = subprocess.run(
        [sys.executable, "-c", code, "probe"],
        env={"PYTHONPATH": str(ROOT), "LD_LIBRARY_PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        pytest.skip("this machine has an NVIDIA driver")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "--sim h200x8" in done.stderr


def test_json_of_a_simulation_can_be_replayed(tmp_path: Path) -> None:
    _, out, _ = ran("probe", "--sim", "h200x2,busy,deny:1", "--json")
    (tmp_path / "look.json").write_text(out)
    status, again, _ = ran("probe", "--replay", str(tmp_path / "look.json"), "--json")
    assert status == 0
    assert json.loads(again)["gpus"] == json.loads(out)["gpus"]


def test_a_tape_is_recorded_once_and_not_overwritten(tmp_path: Path) -> None:
    tape = str(tmp_path / "my.tape")
    assert ran("record", tape, "--sim", "t4x1", "--looks", "2", "--every", "0.05")[0] == 0
    status, out, _ = ran("probe", "--replay", tape)
    assert (status, "Tesla T4" in out) == (0, True)
    status, _, err = ran("record", tape, "--sim", "t4x1")
    assert (status, "exists already" in err) == (2, True)


def test_watching_a_tape_ends_with_it(tmp_path: Path) -> None:
    tape = str(tmp_path / "my.tape")
    ran("record", tape, "--sim", "t4x1", "--looks", "2", "--every", "0.05")
    status, out, err = ran("probe", "--replay", tape, "--watch", "--json", "--every", "0.05")
    assert [json.loads(line)["schema"] for line in out.splitlines()] == ["gpulab.snapshot/1"] * 2
    assert (status, "has been replayed" in err) == (2, True)


def test_a_check_without_a_gpu_says_so_and_fails_nothing() -> None:
    status, out, _ = ran("gpu-check")
    if "ladder" in out:
        pytest.skip("this machine has an NVIDIA driver")
    assert status == 0
    assert "Nothing was checked, nothing failed." in out


def test_the_table_fits_80_columns_with_whole_uuids() -> None:
    console = Console(width=80, record=True, file=io.StringIO(), color_system=None)
    console.print(snapshot_view(simulated("h200x8,busy,mig:3:3g+2g").snapshot()))
    text = console.export_text()
    assert "…" not in text
    for gpu in simulated("h200x8").snapshot().reachable:
        assert str(gpu.identity.uuid) in text


@pytest.mark.parametrize(
    "machine", ["h200x8,busy,lost:5,deny:1", "gb200x64,busy", "t4x1", "h100x1,old"]
)
def test_the_picture_is_a_png_of_1280_by_960(machine: str) -> None:
    png = snapshot_png(simulated(machine).snapshot())
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (1280, 960)


def test_the_caption_says_the_finding_and_where_it_is_from() -> None:
    lines = caption(simulated("h200x8,lost:5").snapshot()).splitlines()
    assert lines[0] == "8 x NVIDIA H200: 979 of 983 GiB free; GPU 5 cannot be reached: GPU is lost"
    assert lines[1] == "2026-03-02 09:00:00 UTC, sim, driver 580.159.03"


def samples(snapshot: Snapshot) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for metric in metrics(snapshot, "node1"):
        for sample in metric.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_dcgms_names_and_units_stand_beside_our_own() -> None:
    found = samples(simulated("h200x2,hold:1:9:1000,hidden:1:500").snapshot())
    labels, free = found["DCGM_FI_DEV_FB_FREE"][1]
    assert labels["UUID"].startswith("GPU-")
    assert (labels["gpu"], labels["device"], labels["modelName"], labels["hostname"]) == (
        *("1", "nvidia1", "NVIDIA H200"),
        "node1",
    )
    mib = {part: found[f"DCGM_FI_DEV_FB_{part}"][1][1] for part in ("USED", "RESERVED")}
    assert (mib["USED"], mib["RESERVED"]) == (1500, 623)
    assert free + sum(mib.values()) == 143771
    assert found["touchbase_gpu_memory_free_bytes"][1][1] == free * MIB
    assert found["touchbase_gpu_memory_unattributed_bytes"][1][1] == 500 * MIB
    assert found["DCGM_FI_DEV_POWER_USAGE"][0][1] == found["touchbase_gpu_power_watts"][0][1] == 70


def test_what_is_missing_has_no_sample_but_a_reason() -> None:
    found = samples(simulated("t4x1").snapshot())
    assert "DCGM_FI_DEV_MEMORY_TEMP" not in found
    missing = {labels["value"]: labels["reason"] for labels, _ in found["touchbase_gpu_missing"]}
    assert missing["DCGM_FI_DEV_MEMORY_TEMP"] == "NOT_SUPPORTED"


def test_a_slice_has_memory_samples_of_its_own() -> None:
    found = samples(simulated("h100x1,mig:0:3g+2g,hold:0:9:9500").snapshot())
    profiles = {labels["GPU_I_PROFILE"]: value for labels, value in found["DCGM_FI_DEV_FB_USED"]}
    assert profiles == {"": 9500, "3g.40gb": 9500, "2g.20gb": 0}


def test_a_lost_gpu_is_a_zero_that_can_be_alerted_on() -> None:
    found = samples(simulated("h200x2,lost:1").snapshot())
    assert [value for _, value in found["touchbase_gpu_reachable"]] == [1, 0]


def test_prometheus_reads_the_metrics_over_http() -> None:
    served = serve(simulated("h200x2,xid:1:79").snapshot, "node1", 0, "127.0.0.1")
    try:
        with urlopen(f"http://127.0.0.1:{served.port}/metrics", timeout=10) as answer:
            families = {
                one.name: one for one in text_string_to_metric_families(answer.read().decode())
            }
    finally:
        served.stop()
    assert [one.value for one in families["DCGM_FI_DEV_XID_ERRORS"].samples] == [0, 79]
    (count,) = families["DCGM_EXP_XID_ERRORS_COUNT"].samples
    assert (count.labels["xid"], count.value) == ("79", 1)
    assert families["touchbase_gpu_energy_joules"].type == "counter"


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    served = serve(simulated("t4x1").snapshot, "node1", 0, "127.0.0.1")
    try:
        status, _, err = ran("probe", "--sim", "t4x1", "--prometheus", str(served.port))
    finally:
        served.stop()
    assert status == 2
    assert f"127.0.0.1:{served.port}" in err


def test_no_look_happens_on_an_event_loops_thread() -> None:
    probe = simulated("h200x2")

    async def look() -> Snapshot:
        return probe.snapshot()

    with pytest.raises(LoopWouldStall):
        asyncio.run(look())
    assert len(probe.snapshot().gpus) == 2


def test_an_event_loop_looks_through_a_thread_of_the_probes_own() -> None:
    thread = ProbeThread(lambda: simulator("h200x2"))

    async def look() -> Snapshot:
        return await asyncio.wrap_future(thread.snapshot())

    try:
        assert len(asyncio.run(look()).gpus) == 2
    finally:
        thread.close()


def test_a_driver_that_cannot_be_opened_is_reported_by_the_first_look() -> None:
    def refuse() -> Probe:
        raise ProbeUnavailable("nothing here")

    thread = ProbeThread(refuse)
    with pytest.raises(ProbeUnavailable, match="nothing here"):
        thread.snapshot().result()
    thread.close()


def test_a_look_loads_no_heavy_library() -> None:
    code = """
import sys
sys.argv = ["touchbase", "lab", "probe", "--sim", "h200x8"]
from bot.cli import main
try:
    main()
except SystemExit:
    pass
heavy = {"numba", "torch", "matplotlib", "numpy", "scipy", "pyarrow", "sqlalchemy", "asyncio"}
print("heavy:", sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_a_fleet_file_is_printed_for_the_lab() -> None:
    status, out, _ = ran("probe", "--sim", "h100x8,lost:3", "--fleet")
    table = tomllib.loads(out)["fleet"]
    assert status == 0
    assert table["node_types"]["H100"]["gpus"] == 7
    assert "# GPU 3 is left out: GPU is lost" in out


def test_a_picture_is_written_or_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "look.png"
    status, out, _ = ran("probe", "--sim", "t4x1", "--picture", str(file))
    assert (status, out.splitlines()[-1]) == (0, f"Picture: {file}")
    assert file.read_bytes().startswith(b"\x89PNG")
    status, _, err = ran("probe", "--sim", "t4x1", "--picture", str(tmp_path / "no" / "x.png"))
    assert (status, len(err.splitlines())) == (2, 1)
    assert f"cannot write {tmp_path}/no/x.png" in err

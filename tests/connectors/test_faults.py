"""Faults reach every process, and a process killed at any point of a write leaves it done once or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.embedded.connector import EmbeddedDistributor
from connectors.embedded.effects import EFFECT_CLASSES
from connectors.embedded.faults import Fault, Point
from connectors.writes import EffectClass, Writes
from domain.errors import BadInput, DependencyDown, UnknownOutcome, UnknownReference
from tests.connectors.adapter import HARD, NOW
from tests.connectors.embedded import EmbeddedAdapter
from tests.connectors.small import line_of, small_world

ROOT = Path(__file__).parents[2]
BIG = line_of("O-BIG")

WORKER = """
import sys
from connectors.embedded.connector import EmbeddedDistributor
from tests.connectors.adapter import NOW, HARD
from tests.connectors.small import line_of
writes = EmbeddedDistributor(sys.argv[1]).writes(lambda: NOW)
receipt = writes.erp.reserve("k", line=line_of("O-BIG"), sku="ITEM-1", site="S-EAST", quantity=5, kind=HARD)
sys.stdout.write(f"replayed={receipt.replayed}")
"""


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[EmbeddedAdapter]:
    made = EmbeddedAdapter(f"sqlite:///{tmp_path}/distributor.db", small_world())
    yield made
    made.close()


def worker(adapter: EmbeddedAdapter) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WORKER, adapter.url]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("point", "held_after_death", "replayed"),
    [pytest.param("before_commit", 30, False, marks=pytest.mark.real), ("after_commit", 35, True)],
)
def test_a_worker_killed_in_a_write_leaves_it_done_once(
    adapter: EmbeddedAdapter, point: Point, held_after_death: int, replayed: bool
):
    adapter.distributor.faults.set(Fault(system="erp", die_at=point, die_operation="reserve"))
    assert worker(adapter).returncode == -signal.SIGKILL
    assert adapter.held(BIG) == held_after_death
    again = worker(adapter)
    assert (again.returncode, again.stdout) == (0, f"replayed={replayed}"), again.stderr
    assert adapter.held(BIG) == 35 and adapter.audit() == []


def test_another_process_meets_the_fault(adapter: EmbeddedAdapter):
    adapter.off("erp")
    assert "DependencyDown" in worker(adapter).stderr
    adapter.on()
    assert worker(adapter).stdout == "replayed=False"


def test_a_death_is_for_the_operation_it_names(adapter: EmbeddedAdapter):
    deaths: list[str] = []
    distributor = adapter.connect(die=lambda: deaths.append("dead"))
    distributor.faults.set(Fault(system="erp", die_at="after_commit", die_operation="release", lose_replies=1))
    writes = distributor.writes(lambda: NOW)
    with pytest.raises(UnknownOutcome):
        writes.erp.free_earmark("k1", earmark="m1")
    assert deaths == []
    writes.erp.release("k2", line=line_of("O-HOLDER"), sku="ITEM-1", site="S-EAST", quantity=1, kind=HARD)
    writes.erp.release("k3", line=line_of("O-HOLDER"), sku="ITEM-1", site="S-EAST", quantity=1, kind=HARD)
    assert deaths == ["dead"]


def test_a_test_can_stand_at_every_point_of_a_write(adapter: EmbeddedAdapter):
    seen: list[str] = []
    writes = adapter.connect(at_point=seen.append).writes(lambda: NOW)
    writes.wms.hold("k1", wave="W-1")
    assert seen == ["wms.hold:before_commit", "wms.hold:after_commit"]


def test_a_write_that_fails_at_the_last_moment_has_not_happened(adapter: EmbeddedAdapter):
    def burst(_point: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapter.connect(at_point=burst).writes(lambda: NOW).wms.hold("k1", wave="W-1")
    assert adapter.facts() == small_world()
    assert not adapter.writes.wms.hold("k1", wave="W-1").replayed


def test_reads_and_writes_fail_apart(adapter: EmbeddedAdapter):
    adapter.distributor.faults.set(Fault(system="wms", writes_down=True))
    assert adapter.reads.wms.waves()
    with pytest.raises(DependencyDown):
        adapter.writes.wms.hold("k1", wave="W-1")
    adapter.distributor.faults.set(Fault(system="wms", reads_down=True))
    with pytest.raises(DependencyDown):
        adapter.reads.wms.waves()
    adapter.writes.wms.hold("k1", wave="W-1")


def test_a_slow_system_answers_late(adapter: EmbeddedAdapter):
    adapter.distributor.faults.set(Fault(system="tms", slow_ms=80))
    before = time.monotonic()
    assert adapter.reads.tms.lanes()
    assert time.monotonic() - before >= 0.08


def test_replies_are_lost_as_often_as_told(adapter: EmbeddedAdapter):
    adapter.lose_replies("erp", 2)
    for _ in range(2):
        with pytest.raises(UnknownOutcome):
            adapter.reserve("k", BIG, 5)
    assert adapter.reserve("k", BIG, 5).replayed
    assert adapter.distributor.faults.of("erp") == Fault(system="erp")


def test_a_refusal_can_be_lost_as_well(adapter: EmbeddedAdapter):
    adapter.lose_replies("erp", 1)
    with pytest.raises(UnknownOutcome):
        adapter.reserve("k", BIG, 10_000)
    adapter.refuses(adapter.reserve, "k", BIG, 10_000)


def test_a_fault_of_an_unknown_system_is_refused(adapter: EmbeddedAdapter):
    with pytest.raises(UnknownReference):
        adapter.distributor.faults.set(Fault(system="fax"))


def test_every_write_declares_how_it_becomes_exactly_once(adapter: EmbeddedAdapter):
    operations = {
        f"{system}.{verb}"
        for system in Writes.__dataclass_fields__
        for verb in dir(getattr(adapter.writes, system))
        if not verb.startswith("_")
    }
    assert operations == set(EFFECT_CLASSES)
    assert set(EFFECT_CLASSES.values()) == {EffectClass.NATIVE_KEY}


def test_a_database_without_a_world_says_so(tmp_path: Path):
    empty = EmbeddedDistributor(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(DependencyDown, match="holds no world"):
        empty.reads.erp.skus()
    nowhere = EmbeddedDistributor(f"sqlite:///{tmp_path}/no/such/folder/x.db")
    with pytest.raises(DependencyDown, match="did not answer") as down:
        nowhere.reads.erp.skus()
    assert down.value.fix


@pytest.mark.parametrize("url", ["", "no url at all", "oracle+nothing://somewhere/x"])
def test_a_database_that_cannot_be_used_is_bad_input(url: str):
    with pytest.raises(BadInput) as bad:
        EmbeddedDistributor(url)
    assert bad.value.field == "url" and bad.value.fix

"""A carrier does not collect: every wave it should have taken goes with another one that keeps the dates."""

from __future__ import annotations

from agent.planners.rules.notebook import Notebook
from domain.calendar import zone
from domain.events import CarrierFailure
from domain.wording import counted, listed
from tools.waves import WaveRow, WavesReport


def carrier_failure(book: Notebook, event: CarrierFailure) -> frozenset[str]:
    """Rebooks the waves of the site that leave with the carrier that day; escalates those no other carrier can take."""
    waves = book.look(WavesReport, "waves", site=event.site).waves
    local = zone(book.facts.site(event.site))
    hit = [
        wave for wave in waves if wave.carrier == event.carrier and wave.cutoff_at.astimezone(local).date() == event.day
    ]
    stuck = [wave for wave in hit if not _rebooked(book, wave, event)]
    if stuck:
        lines = sorted({task.line for wave in stuck for task in wave.tasks})
        book.propose(
            "escalate",
            role="warehouse_manager",
            reason=(
                f"{event.carrier} does not collect from {event.site} on {event.day} and no other carrier goes to every "
                f"region of {listed([wave.wave for wave in stuck])}: {sum(w.open_units for w in stuck)} units wait."
            ),
            lines=lines,
        )
    book.say(
        f"{event.carrier} does not collect from {event.site} on {event.day}: {counted(len(hit), 'wave')} hit, "
        f"{len(hit) - len(stuck)} can go with another carrier."
    )
    return frozenset()


def _rebooked(book: Notebook, wave: WaveRow, event: CarrierFailure) -> bool:
    """Proposes the rebooking, and the new date of every line that it makes late."""
    moves = book.propose("carrier", wave=wave.wave, not_with=(event.carrier,)).moves
    for move in moves:
        for effect in move.effects:
            before, after = effect.promise_before, effect.promise_after
            if before is not None and after is not None and after > before:
                book.propose("promise", needs=(move.id,), line=effect.line, new_date=after, why=effect.why + ".")
    return bool(moves)

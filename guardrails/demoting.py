"""Demotion happens by itself and at once, for every process; lifting one takes two people whom the policy names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from domain.canonical import canonical_json
from domain.errors import Conflict, NotAllowed
from domain.facts import Facts
from domain.noun import Noun
from guardrails.chain import EntryKind
from guardrails.demotions import Cause, Demotion
from guardrails.ledger import Ledger
from guardrails.people import Grant, User
from guardrails.policy import Policy
from guardrails.policy.autonomy import LEVELS
from guardrails.subject import Subject
from storage import counters
from storage import demotions as rows
from storage.database import Session

ACTOR = "copilot"
DIMENSIONS = ("case_kinds", "sku_classes", "sites", "segments")


class Lifted(Noun):
    """What came of lifting: `asked` waits for a second person, `lifted` is over."""

    demotion: Demotion
    state: Literal["asked", "lifted"]


def active(session: Session) -> tuple[Demotion, ...]:
    """The demotions in force, in the order they came."""
    return tuple(Demotion.model_validate_json(body) for body in rows.listed(session))


def everything(session: Session) -> tuple[Demotion, ...]:
    """Every demotion there ever was."""
    return tuple(Demotion.model_validate_json(body) for body in rows.listed(session, everything=True))


def after(active: tuple[Demotion, ...], said: Mapping[str, Any]) -> tuple[Demotion, ...]:
    """The demotions in force after an entry of the ledger of kind AUTONOMY that says `said`: read in order, the ledger
    tells what was in force at any of its entries."""
    if made := said.get("demoted"):
        return (*active, Demotion.model_validate(made))
    if said.get("lift") == "lifted":
        return tuple(one for one in active if one.id != said["demotion"])
    return active


def of_subject(subject: Subject) -> Mapping[str, tuple[str, ...]]:
    """The kind, classes, sites and segments of a move, as a demotion names them."""
    touch = subject.touched
    return {
        "case_kinds": (subject.case_kind,),
        "sku_classes": touch.sku_classes,
        "sites": touch.sites,
        "segments": tuple(name for name in touch.segments if name),
    }


def demote(
    session: Session,
    ledger: Ledger,
    policy: Policy,
    cause: Cause,
    why: str,
    at: datetime,
    *,
    where: Mapping[str, tuple[str, ...]] | None = None,
    actor: str = ACTOR,
    case: str | None = None,
    run: str | None = None,
    move: str | None = None,
) -> Demotion | None:
    """Lower the level to what the policy names for `cause`, `where` it happened (None: everywhere), from `at` on.

    None when the policy keeps the level for that cause, or a demotion of the same cause and place is in force already.
    Ledger and row are written in this transaction.
    """
    to = getattr(policy.autonomy.demotion, cause)
    if to == "keep":
        return None
    ledger.hold(session)
    place = {name: tuple((where or {}).get(name, ())) for name in DIMENSIONS}
    for known in active(session):
        same = known.cause == cause and all(getattr(known, name) == place[name] for name in DIMENSIONS)
        if same and LEVELS.index(known.level) <= LEVELS.index(to):
            return None
    key = f"D-{counters.next_number(session, 'demotion')}"
    said = {"id": key, "level": to, "cause": cause, "why": why[:4000], "actor": actor, "since": at}
    made = Demotion.model_validate({**said, **place})
    rows.put(session, key, at, canonical_json(made))
    body = {"demoted": made, "policy": policy.id, "reasons": [why[:4000]]}
    ledger.append(session, EntryKind.AUTONOMY, ACTOR, at, body, case=case, run=run, move=move)
    return made


def demote_if_stale(
    session: Session, ledger: Ledger, policy: Policy, facts: Facts, at: datetime, actor: str = ACTOR
) -> Demotion | None:
    """Demote everywhere when the oldest source behind these facts is older at `at` than the policy's limit."""
    limit = policy.autonomy.demotion.stale_after
    if limit is None or not facts.sources:
        return None
    oldest = min(facts.sources, key=lambda source: (source.as_of, source.system))
    minutes = int((at - oldest.as_of).total_seconds() // 60)
    if minutes <= limit.number:
        return None
    why = f"What {oldest.system} said is {minutes} minutes old; the limit is {limit.text}."
    return demote(session, ledger, policy, "stale", why, at, actor=actor)


def _reaches(grant: Grant, known: Demotion) -> bool:
    """Whether a grant reaches as far as the demotion: one that ends at sites lifts nothing elsewhere."""
    return not grant.sites or (bool(known.sites) and set(known.sites) <= set(grant.sites))


def lift(
    session: Session, ledger: Ledger, policy: Policy, user: User, demotion: str, *, why: str, at: datetime
) -> Lifted:
    """End a demotion together with a second person: the first ask, the second lifts.

    NotAllowed without the role that the policy names, for the person it happened to, and for one person alone;
    Conflict when it is over. The level goes back to what the policy says, never above.
    """
    role = policy.autonomy.demotion.lifted_by or policy.autonomy.confirm_role
    if not user.active or user.service or role not in user.roles:
        raise NotAllowed(f"{user.name} is not {role}", field="role", fix=f"ask somebody who is {role}")
    ledger.hold(session)
    before = rows.get(session, demotion)
    known = Demotion.model_validate_json(before)
    if known.ended_at is not None:
        raise Conflict(f"{demotion} is lifted already", field="demotion", fix="nothing is left to do")
    if not any(grant.role == role and _reaches(grant, known) for grant in user.grants):
        where = ", ".join(known.sites) or "every site"
        raise NotAllowed(f"{user.name} is not {role} of {where}", field="sites", fix=f"ask a {role} who is")
    if user.id == known.actor or user.id == known.asked_to_lift:
        what = "worked when it happened" if user.id == known.actor else "has asked for it already"
        raise NotAllowed(f"{user.name} {what}; another person lifts it", field="four_eyes", fix=f"ask another {role}")
    state: Literal["asked", "lifted"] = "asked" if known.asked_to_lift is None else "lifted"
    if known.asked_to_lift is None:
        after = known.model_copy(update={"asked_to_lift": user.id})
    else:
        ended = {"ended_at": at, "ended_by": (known.asked_to_lift, user.id), "ended_why": why[:4000]}
        after = known.model_copy(update=ended)
    if not rows.save(session, demotion, before, canonical_json(after), after.ended_at):
        raise Conflict(f"{demotion} has changed meanwhile", field="demotion", fix="look at it again")
    body = {"demotion": demotion, "lift": state, "why": why, "level": known.level, "policy": policy.id}
    ledger.append(session, EntryKind.AUTONOMY, user.id, at, body)
    return Lifted(demotion=after, state=state)

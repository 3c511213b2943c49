"""`approvals`: what waits, one card, and a decision on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from api.cli import exits
from api.cli.session import Session
from api.cli.view import View, view
from domain.errors import BadInput
from guardrails.cards import Card
from guardrails.deciding import Decision


def cards_view(cards: Sequence[Card], title: str) -> View:
    """Cards as rows, in the order asked."""
    return view(
        "approvals",
        title,
        "approval | role | what | units gained | value | at stake | until | state",
        [
            (
                c.approval,
                c.role,
                f"{c.move}: {c.title}",
                c.units,
                c.value,
                c.value_at_stake,
                f"{c.expires_at:%m-%d %H:%M}Z",
                c.state.value,
            )
            for c in cards
        ],
        data=None,
    )


def list_(session: Session, *, everything: bool, limit: int | None) -> int:
    """`approvals list`; with `limit`, so many of all, the one asked last first."""
    with session.application(create=False) as application:
        cards = application.approvals(everything=everything, limit=limit)
    title = f"{len(cards)} questions" if everything else f"{len(cards)} questions wait for a person"
    session.output.show("approvals", [cards_view(cards, title)])
    return exits.OK


def card_views(card: Card) -> list[View]:
    """One card as screens: who gains and loses, the rules that asked, the quantities that may be edited."""
    people = view(
        "card",
        f"{card.approval} for {card.role} ({card.state.value}): {card.title}",
        "line | customer | units | sooner | promise before | promise after | why",
        [
            (e.line, e.customer, f"{e.units:+d}", f"{e.sooner:+d}", e.promise_before, e.promise_after, e.why)
            for e in (*card.gains, *card.told, *card.loses)
        ],
        [
            card.reason,
            f"Value {card.value}, at stake {card.value_at_stake}, cost {card.cost}. Move {card.move} of case "
            f"{card.case}, asked by {card.asked_by}, open until {card.expires_at:%Y-%m-%d %H:%M}Z.",
            *([f"Before you decide: {', '.join(card.before)}."] if card.before else []),
            *([f"It was given to {card.assigned_to}."] if card.assigned_to else []),
            *([f"{card.escalated_from} let it wait; {card.role} may answer."] if card.escalated_from else []),
            *([f"{one.by}, {one.at:%m-%d %H:%M}Z: {one.text}" for one in card.comments]),
            *(["Four eyes: whoever asked, edited or raised this may not decide it."] if card.four_eyes else []),
            *([_decided(card)] if card.decided_by else [f"Decide on exactly this with --digest {card.digest[:12]}"]),
        ],
        data=card,
    )
    rules = view(
        "rules",
        "The rules that spoke",
        "rule | says | because | compared | where",
        [
            (r.rule, r.outcome.value, r.text, ", ".join(f"{name} {value}" for name, value in r.facts), r.place)
            for r in (*card.rules, *card.other_reasons)
        ],
    )
    actions = view("actions", "What would be done", "action", [(text,) for text in card.actions])
    return [people, rules, actions]


def _decided(card: Card) -> str:
    name = f" for {card.decided_for}" if card.decided_for else ""
    said = ", ".join(part for part in (card.decision_code, card.decision_reason) if part)
    return f"{card.state.value} by {card.decided_by}{name}: {said}"


def show(session: Session, *, approval: str) -> int:
    """`approvals show`."""
    with session.application(create=False) as application:
        card = application.show(approval)
    session.output.show("approval", card_views(card))
    return exits.OK


def decide(
    session: Session, *, verb: Literal["approve", "reject"], approval: str, digest: str | None, reason: str, code: str
) -> int:
    """`approvals approve` and `approvals reject`."""
    settings = session.settings()
    user = session.user(settings)
    with session.application(create=False) as application:
        bound = whole(application.show(approval).digest, digest)
        if verb == "approve":
            made = application.approve(approval, user, bound, reason, reason_code=code)
        else:
            made = application.reject(approval, user, reason, bound, reason_code=code)
        report = application.report(made.run)
    session.output.show("decision", [decision_view(made), *_after(report.text)])
    return exits.OK


def edit(session: Session, *, approval: str, change: list[str], digest: str | None, reason: str, code: str) -> int:
    """`approvals edit`."""
    settings = session.settings()
    user = session.user(settings)
    changes = dict(_change(text) for text in change)
    with session.application(create=False) as application:
        bound = whole(application.show(approval).digest, digest)
        made = application.edit(approval, user, changes, bound, reason, reason_code=code)
    session.output.show("decision", [decision_view(made)])
    return exits.OK


def decision_view(made: Decision) -> View:
    """What was decided and what follows."""
    notes = [made.text] if made.did == "edited" and made.text else []
    if made.waiting:
        notes.append(f"Still to decide: {', '.join(made.waiting)} ({', '.join(made.questions)}).")
    if made.cancelled:
        notes.append(f"Cancelled with it: {', '.join(made.cancelled)}.")
    if made.replan:
        notes.append(f"The rest of case {made.case} is planned again.")
    return view(
        "decision",
        f"{made.move}: {made.did} by {made.by}",
        "approval | move | state",
        [(made.approval, made.move, made.state.value)],
        notes,
        data=made,
    )


def _after(text: str) -> list[View]:
    return [view("report", "How the run stands", notes=text.splitlines())] if text else []


def whole(shown: str, given: str | None) -> str | None:
    """The digest a decision is bound to; the first 12 characters of a card's digest stand for it."""
    if given is None or len(given) < 12 or not shown.startswith(given):
        return given
    return shown


def _change(text: str) -> tuple[str, int]:
    action, sign, units = text.partition("=")
    if not sign or not action or not units.strip().isdecimal():
        raise BadInput(
            f"'{text[:40]}' is not a change", field="--set", fix="write ACTION=UNITS, for example --set a3=40"
        )
    return action.strip(), int(units)

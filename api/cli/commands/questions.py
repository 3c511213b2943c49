"""`approvals snooze|reassign|comment|history|decide-many`: what people do with questions besides deciding one."""

from __future__ import annotations

from api.cli import exits
from api.cli.commands.approvals import whole
from api.cli.session import Session, parse_now
from api.cli.view import view
from domain.errors import BadInput
from guardrails.cards import Card


def snooze(session: Session, *, approval: str, until: str, reason: str) -> int:
    """`approvals snooze`."""
    user, moment = session.user(session.settings()), parse_now(until, "--until")
    if moment is None:
        raise BadInput("no time is named", field="--until", fix="write 2026-03-02 or 2026-03-02T12:00Z")
    with session.application(create=False) as application:
        card = application.desk.snooze(approval, user, moment, reason)
    return _shown(session, card, f"{approval} is put aside for {user} until {moment:%Y-%m-%d %H:%M}Z")


def reassign(session: Session, *, approval: str, to: str, code: str, reason: str) -> int:
    """`approvals reassign`."""
    user = session.user(session.settings())
    with session.application(create=False) as application:
        card = application.desk.reassign(approval, user, to, code, reason)
    return _shown(session, card, f"{approval} is given to {to}")


def comment(session: Session, *, approval: str, text: str) -> int:
    """`approvals comment`."""
    user = session.user(session.settings())
    with session.application(create=False) as application:
        card = application.desk.comment(approval, user, text)
    return _shown(session, card, f"{len(card.comments)} comments on {approval}")


def history(session: Session, *, approval: str) -> int:
    """`approvals history`."""
    with session.application(create=False) as application:
        steps = application.desk.history(approval)
    rows = [(f"{one.at:%Y-%m-%d %H:%M}Z", one.what, one.by, one.of, one.text) for one in steps]
    shown = view("history", f"What happened to {approval}", "when | what | by | of | said", rows, data=steps)
    session.output.show("history", [shown])
    return exits.OK


def decide_many(session: Session, *, named: list[str], reject: bool, code: str, reason: str) -> int:
    """`approvals decide-many`; exit 1 when one of them was not decided."""
    user = session.user(session.settings())
    pairs = [_pair(text) for text in named]
    with session.application(create=False) as application:
        shown = {card.approval: card.digest for card in application.approvals()}
        bound = [(approval, whole(shown.get(approval, ""), digest) or "") for approval, digest in pairs]
        done = application.desk.decide_many(bound, user, not reject, code, reason)
    rows = [(one.approval, one.decision.did if one.decision else "not decided", one.error) for one in done]
    failed = sum(1 for one in done if one.decision is None)
    title = f"{len(done) - failed} decided, {failed} not"
    session.output.show("outcomes", [view("outcomes", title, "approval | what | why not", rows, data=done)])
    return exits.FAILED if failed else exits.OK


def _shown(session: Session, card: Card, title: str) -> int:
    notes = [f"{one.at:%Y-%m-%d %H:%M}Z {one.by}: {one.text}" for one in card.comments]
    session.output.show("approval", [view("card", title, notes=notes, data=card)])
    return exits.OK


def _pair(text: str) -> tuple[str, str]:
    approval, sign, digest = text.partition("=")
    if not sign or not approval or not digest.strip():
        raise BadInput(
            f"'{text[:40]}' names no question with its digest",
            field="NAMED",
            fix="write A-1=DIGEST with the digest on the card you saw; there is no way to name all",
        )
    return approval.strip(), digest.strip()

"""The panel on worlds of its own: the built-in one, generated ones, and ones full of hostile text."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

from starlette.testclient import TestClient

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.runtime.world import load_world
from agent.settings import Settings
from connectors.embedded.world import BUILT_IN_NOW, built_in, built_in_event
from domain.events import Event
from domain.facts import Facts
from domain.orders import Hold, HoldKind, Order
from evals.worlds.generate import generate
from tests.http.house import door, token_of

HOSTILE = (
    "<script>window.owned=1</script>",
    '"><img src=x onerror="window.owned=1">',
    "</textarea></title><svg onload=window.owned=1>",
    "{{ 7*7 }}{% raw %}' onmouseover='window.owned=1",
    "javascript:window.owned=1//<a hx-get=/sign-out hx-trigger=load>",
)
"""Text that would be code in a page that does not escape."""


def drawn_seed() -> int:
    """A seed drawn now and printed, so that a failure can be repeated."""
    seed = secrets.randbelow(1_000_000)
    print(f"generated world: seed {seed}")
    return seed


def poisoned(facts: Facts) -> Facts:
    """The same world with hostile text wherever other people write: names, notes, reasons, contacts."""

    def bad(at: int) -> str:
        return HOSTILE[at % len(HOSTILE)]

    def order(at: int, one: Order) -> Order:
        held = tuple(hold.model_copy(update={"reason": bad(at)}) for hold in one.holds)
        fresh = Hold(kind=HoldKind.MANUAL, reason=bad(at), placed_at=one.ordered_at)
        return one.model_copy(update={"notes": " ".join(HOSTILE), "holds": held or ((fresh,) if at == 0 else ())})

    return facts.replace(
        orders=tuple(order(at, one) for at, one in enumerate(facts.orders)),
        customers=tuple(
            one.model_copy(update={"name": f"{one.name} {bad(at)}", "contact": bad(at + 1)})
            for at, one in enumerate(facts.customers)
        ),
        skus=tuple(one.model_copy(update={"name": f"{one.name} {bad(at)}"}) for at, one in enumerate(facts.skus)),
        sites=tuple(one.model_copy(update={"name": f"{one.name} {bad(at)}"}) for at, one in enumerate(facts.sites)),
        transfers=tuple(one.model_copy(update={"reason": bad(at)}) for at, one in enumerate(facts.transfers)),
    )


@contextmanager
def on_world(home: Path, facts: Facts, *events: Event, people: Path | None = None) -> Iterator[Application]:
    """The application on a world after its events, with a clock that stands still an hour later."""
    home.mkdir(parents=True, exist_ok=True)
    load_world(home, facts)
    settings = Settings.model_validate({"home": home, "people": people})
    application = open_application(settings, clock=FixedClock(facts.taken_at + timedelta(hours=1)))
    try:
        for event in events:
            application.take_event(event)
        yield application
    finally:
        application.close()


@contextmanager
def on_built_in(home: Path, *, hostile: bool = False, people: Path | None = None) -> Iterator[Application]:
    """The built-in world after the supplier's delay."""
    facts = built_in()
    with on_world(home, poisoned(facts) if hostile else facts, built_in_event(), people=people) as application:
        assert application.now == BUILT_IN_NOW + timedelta(hours=1)
        yield application


@contextmanager
def on_generated(home: Path, seed: int, *, hostile: bool = False, people: Path | None = None) -> Iterator[Application]:
    """A generated world after its events."""
    world = generate(seed)
    facts = poisoned(world.facts) if hostile else world.facts
    with on_world(home, facts, *world.events, people=people) as application:
        yield application


def answered(application: Application, text: str, user: str) -> tuple[str, str]:
    """A question asked and answered; its run and conversation."""
    said = application.say(text, user)
    application.settle()
    return said.run, said.conversation


def pages(application: Application, conversation: str = "", *, each: int = 3) -> tuple[str, ...]:
    """The address of every kind of page, with entities that are there; `each` of a kind."""
    facts = application.browse.facts()
    touched = [effect for card in application.approvals() for effect in (*card.gains, *card.loses)]
    orders = list(
        dict.fromkeys([e.order for e in touched if facts.has("order", e.order)] + [o.id for o in facts.orders])
    )
    skus = list(dict.fromkeys([e.sku for e in touched] + [s.id for s in facts.skus]))
    paths = ["/chat", "/approvals", "/approvals?show=decided", "/cases", "/cases?state=all", "/supply", "/metrics"]
    paths += ["/supply?short=true", "/ledger", "/ledger?entries=1,3-4", "/search", "/search?q=e", "/embed/panel"]
    paths += ["/embed/panel?show=approvals"]
    changes = [f"/policy/{change.id}" for change in application.policies.changes()[:each]]
    paths += ["/policy", *changes, *(f"{path}?since=2020-01-01" for path in changes)]
    paths += ["/delegations", "/autonomy", "/stops", "/claims"]
    paths += [f"/approvals/{card.approval}" for card in application.approvals()[:each]]
    paths += [f"/cases/{case.id}" for case in application.cases()[:each]]
    paths += [f"/moves/{card.move}/undo" for card in application.approvals()[:1]]
    for run in application.runs()[:each]:
        paths += [f"/runs/{run.id}", f"/runs/{run.id}/replay"]
    paths += [f"/orders/{quote(key, safe='')}" for key in orders[:each]]
    paths += [f"/skus/{quote(key, safe='')}" for key in skus[:each]]
    paths += [f"/sites/{quote(site.id, safe='')}" for site in facts.sites[:each]]
    paths += [f"/customers/{quote(one.id, safe='')}" for one in facts.customers[:each]]
    return (*paths, *([f"/chat/{quote(conversation, safe='')}"] if conversation else []))


@contextmanager
def panel(application: Application, user: str) -> Iterator[TestClient]:
    """A browser-like client of one user: it asks for HTML and follows where it is sent."""
    with door(application, headers={"accept": "text/html,application/xhtml+xml"}) as client:
        client.headers |= token_of(client, user)
        yield client


HX = {"HX-Request": "true"}


class Seen(HTMLParser):
    """What stands in a page: tags with attributes, text, and the ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]

    def fields(self, action: str) -> dict[str, str]:
        """The fields of the first form that posts there, as a browser would send them unchanged."""
        found: dict[str, str] = {}
        inside = False
        for tag, attributes in self.tags:
            if tag == "form":
                if inside:
                    break
                inside = attributes.get("action") == action
            elif inside and tag in ("input", "textarea") and attributes.get("name"):
                found[str(attributes["name"])] = attributes.get("value") or ""
        assert found, f"no form posts to {action}"
        return found

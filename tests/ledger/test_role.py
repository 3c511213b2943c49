"""The application under its own PostgreSQL role: everything works, and nothing of the ledger can be changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from domain.errors import BadInput, IntegrityBroken, StorageFailed
from guardrails.chain import EntryKind
from guardrails.policy import default_policy
from storage import role
from storage.database import Database
from storage.records import MoveState, RunState
from tests.agent.house import approve_fully, delay, opened, waiting_moves
from tests.databases import empty_url, migrated_url
from tests.guardrails import world
from tests.guardrails.house import House
from tests.guardrails.world import reallocation
from tests.ledger.attacks import ledger_of
from tests.ledger.sealed import Sealed

NAME = "quartermaster_app"
LARGE = reallocation(units=40)

FORBIDDEN = {
    "edit an entry": "UPDATE ledger SET actor = 'mallory'",
    "delete an entry": "DELETE FROM ledger",
    "empty the ledger": "TRUNCATE ledger, ledger_contents",
    "edit a content": "UPDATE ledger_contents SET body = '{}'",
    "move a content": "UPDATE ledger_contents SET seq = 9",
    "delete a content": "DELETE FROM ledger_contents",
    "edit a checkpoint": "UPDATE ledger_checkpoints SET count = 1",
    "delete a checkpoint": "DELETE FROM ledger_checkpoints",
    "empty the checkpoints": "TRUNCATE ledger_checkpoints",
    "forget that somebody was deactivated": "DELETE FROM deactivations",
    "disable a trigger": "ALTER TABLE ledger DISABLE TRIGGER ALL",
    "disable them all": "SET session_replication_role = replica",
    "drop a trigger": "DROP TRIGGER ledger_never_changes ON ledger",
    "replace the guard": "CREATE OR REPLACE FUNCTION quartermaster_append_only() RETURNS trigger LANGUAGE plpgsql "
    "AS $$ BEGIN RETURN NULL; END $$",
    "shadow the guard": "CREATE FUNCTION public.another() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
    "drop the ledger": "DROP TABLE ledger CASCADE",
    "take the ledger": f"ALTER TABLE ledger OWNER TO {NAME}",
    "give itself rights": f"GRANT UPDATE ON ledger TO {NAME}; UPDATE ledger SET actor = 'mallory'",
    "become the owner": "SET ROLE postgres",
    "put the schema back": "UPDATE alembic_version SET version_num = '0001'",
}


def as_role(url: str, folder: Path) -> str:
    """The URL of the same database for the role, which the owner makes first."""
    owner = Database(url)
    role.grant(owner, NAME)
    role.grant(owner, NAME)
    owner.close()
    return make_url(url).set(username=NAME).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("role")
    return as_role(migrated_url("postgresql", folder), folder)


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def test_the_role_asks_decides_carries_out_and_signs(url: str, tmp_path: Path):
    case = world.case(raised_by="intake").model_copy(update={"id": "C-1"})
    house = House(tmp_path, url, world.facts(), default_policy(), case, "intake")
    try:
        house.database.ensure_current()
        house.propose(LARGE)
        for asked in house.asked():
            (decides, *_) = house.people.holding(asked.role)
            house.approvals.approve(asked.id, decides.id)
        house.carry_out(LARGE)
        assert house.state() is MoveState.EXECUTED
        sealed = Sealed(house.database, tmp_path)
        sealed.begin()
        sealed.seal()
        with house.database.write() as session:
            house.ledger.redact(session, 2, "dpo", None, "asked by the person named")
        assert house.ledger.verify_now(None, sealed.publics()).redacted == (2,)
    finally:
        house.close()


@pytest.mark.parametrize("attack", FORBIDDEN)
def test_the_role_cannot(db: Database, attack: str):
    ledger = ledger_of(db)
    with db.write() as session:
        ledger.append(session, EntryKind.EXPORT, "ann", None, {"what": "something to tamper with"})
    before = ledger.verify_now()
    with pytest.raises((StorageFailed, IntegrityBroken)), db.write() as session:
        session.execute(text(FORBIDDEN[attack]))
    assert ledger.verify_now() == before and before.ok


def test_a_role_is_named_plainly_and_sqlite_has_none(tmp_path: Path):
    for name in ('a"; DROP TABLE ledger; --', "Upper", "", "a" * 64, "ok\n"):
        with pytest.raises(BadInput, match="no name"):
            role.statements(name)
    with pytest.raises(BadInput, match="SQLite"):
        role.grant(Database(f"sqlite:///{tmp_path / 'x.db'}"), NAME)


@pytest.mark.real
def test_the_whole_path_runs_under_the_role(tmp_path: Path):
    url = empty_url("postgresql", tmp_path)
    owner = Database(url)
    with owner.write() as session:
        session.execute(text("CREATE ROLE passer_by LOGIN"))
    stranger = make_url(url).set(username="passer_by").render_as_string(hide_password=False)
    with pytest.raises(StorageFailed, match="database upgrade"), opened(tmp_path, database_url=stranger):
        raise AssertionError("a role does not make the schema")
    owner.upgrade()
    owner.close()
    given = as_role(url, tmp_path)
    with opened(tmp_path, database_url=given) as app:
        run = delay(app)
        assert app.report(run).of(MoveState.EXECUTED)
        app.records.begin_keys("omar")
    with opened(tmp_path, database_url=given) as app:
        for move in waiting_moves(app):
            approve_fully(app, move)
        assert app.report(run).run.state is RunState.DONE
        assert app.verify().ok and app.replay(run).same
        app.staff.deactivate("carla", "omar", "left")
        app.staff.reactivate("carla", "omar", "back")
        app.records.checkpoint()
    as_role(url, tmp_path)

"""Keys and checkpoints: who may sign what, where keys lie, and that nothing tampered with is ever signed."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.errors import BadInput, Conflict, DependencyDown, IntegrityBroken
from guardrails.chain import Head, Tamper
from guardrails.checkpoints import checkpoint_message, is_signed
from guardrails.heads import read_heads, record_checkpoint
from guardrails.ledger import verify_export
from guardrails.sealing import Sealing
from guardrails.signing import Keys, read_publics
from storage import ledger_checkpoints
from storage.database import Database
from tests.databases import migrated
from tests.ledger.attacks import NOW, breach, ledger_of, tamper
from tests.ledger.sealed import Sealed

SIGNER = """
import sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key
key = load_pem_private_key(open(sys.argv[1] + "/" + sys.argv[2] + ".key", "rb").read(), None)
sys.stdout.write(key.sign(sys.stdin.buffer.read()).hex())
"""


@pytest.fixture
def house(db: Database, tmp_path: Path) -> Sealed:
    return Sealed(db, tmp_path)


def test_a_private_key_is_its_owners_alone_and_never_written_again(house: Sealed, capsys):
    key = house.begin()
    path = house.folder / f"{key}.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(house.folder.stat().st_mode) == 0o700
    secret = path.read_bytes()
    with pytest.raises(Conflict, match="never overwritten"):
        house.keys._write(path, b"other", 0o600)
    assert path.read_bytes() == secret and sorted(f.suffix for f in house.folder.iterdir()) == [".key", ".pub"]
    if os.name == "posix":
        path.chmod(0o640)
        with pytest.raises(BadInput, match="others may read"):
            house.keys.sign(key, b"x")
    assert secret.decode() not in "".join(capsys.readouterr())


def test_only_one_key_begins_and_a_retired_one_never_comes_back(house: Sealed):
    first = house.begin()
    with pytest.raises(Conflict, match="signs already"):
        house.begin()
    second = house.rotate()
    with pytest.raises(BadInput, match="in force before"):
        house.sealing.introduce(first, "operator", rotate=True)
    with house.db.read() as session:
        spans = house.sealing.spans(session)
    assert [(span.id, span.since, span.until) for span in spans] == [(first, 1, 2), (second, 2, None)]
    assert house.ledger.verify_now(None, house.publics()).ok


def test_what_needs_a_key_says_so_when_there_is_none(house: Sealed):
    house.fill(3)
    with pytest.raises(BadInput, match="no key signs"):
        house.sealing.checkpoint()
    with pytest.raises(BadInput, match="no key signs"):
        house.rotate()
    assert house.ledger.verify_now().ok


def test_a_checkpoint_proves_its_entries_to_whoever_holds_the_public_key(house: Sealed, tmp_path: Path):
    house.fill(4)
    key = house.begin()
    made = house.sealing.checkpoint()
    assert made is not None and (made.number, made.count, made.key) == (1, 5, key)
    assert house.sealing.checkpoint() is None, "its own entry is nothing new"
    (public,) = read_publics(house.folder / f"{key}.pub")
    assert is_signed(public, checkpoint_message(made.model_dump()), made.signature)
    found = verify_export(house.lines(), None, [public])
    assert found.ok and (found.signed, found.signed_by, found.pinned, found.end_proven) == (5, key, True, False)
    other = Keys(tmp_path / "other")
    stranger = other.public(other.make())
    assert breach(verify_export(house.lines(), None, [stranger])) == (5, Tamper.FORGED_KEY)
    file = tmp_path / "checkpoints.jsonl"
    record_checkpoint(file, made)
    assert read_heads(file) == (Head(count=5, hash=made.hash, at=made.at),)


def test_a_retired_key_signs_nothing_more(house: Sealed):
    house.fill(2)
    retired = house.begin()
    house.rotate()
    house.fill(2)
    with house.db.read() as session:
        head = house.ledger.head(session)
    said = {"number": 1, "count": head.count, "hash": head.hash, "at": NOW.isoformat(), "key": retired}
    forged = {**said, "signature": house.keys.sign(retired, checkpoint_message(said))}
    with house.db.write() as session:
        ledger_checkpoints.add_row(session, forged)
    assert breach(house.ledger.verify_now()) == (head.count, Tamper.RETIRED_KEY)
    with pytest.raises(IntegrityBroken, match="nothing is signed"):
        house.sealing.checkpoint()


def test_a_suffix_rewritten_by_the_database_owner_is_found_by_the_checkpoint_over_it_and_at_the_next(house: Sealed):
    house.fill(3)
    house.begin()
    house.fill(4)
    house.seal()
    house.fill(4)
    kept = [Head(count=count, hash=hash_) for count, hash_ in house.heads]
    tamper(house.db, "DELETE FROM ledger_contents WHERE seq > 9", "DELETE FROM ledger WHERE seq > 9")
    house.fill(3)
    assert house.ledger.verify_now().ok, "nothing signed says otherwise"
    with pytest.raises(IntegrityBroken, match="nothing is signed"):
        house.sealing.checkpoint(kept)
    tamper(house.db, "DELETE FROM ledger_contents WHERE seq > 6", "DELETE FROM ledger WHERE seq > 6")
    house.fill(4)
    found = house.ledger.verify_now().breach
    assert found is not None and (found.since, found.seq, found.checkpoint) == (1, 8, 1)
    with pytest.raises(IntegrityBroken, match="nothing is signed"):
        house.sealing.checkpoint()


def test_a_command_signs_instead_and_what_it_gives_is_checked(db: Database, tmp_path: Path):
    vault = Keys(tmp_path / "vault")
    key = vault.make()
    vault.publish(key)
    script = tmp_path / "sign.py"
    script.write_text(SIGNER)
    ledger = ledger_of(db)

    def sealing(command: str) -> tuple[Keys, Sealing]:
        keys = Keys(tmp_path / "here", command)
        return keys, Sealing(db, ledger, keys, lambda: NOW)

    keys, seals = sealing(f"{sys.executable} {script} {tmp_path / 'vault'} {{key}}")
    assert keys.adopt(tmp_path / "vault" / f"{key}.pub") == key
    seals.introduce(key, "operator", rotate=False)
    keys.publish(key)
    assert seals.checkpoint() is not None
    assert [f.name for f in (tmp_path / "here").iterdir()] == [f"{key}.pub"]
    assert ledger.verify_now(None, [keys.public(key)]).signed == 1
    for command, said in (("false", "failed"), ("echo 00", "no signature"), ("/nowhere", "failed")):
        with pytest.raises(DependencyDown, match=said):
            sealing(command)[0].sign(key, b"x")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ledger_checkpoints SET count = 1", "DELETE FROM ledger_checkpoints", "TRUNCATE ledger_checkpoints"],
)
def test_the_database_itself_refuses_to_change_a_checkpoint(house: Sealed, statement: str):
    if statement.startswith("TRUNCATE") and not house.db.is_postgresql:
        statement = "DELETE FROM ledger_checkpoints WHERE number > 0"
    house.fill(1)
    house.begin()
    house.seal()
    with pytest.raises(IntegrityBroken, match="append-only"), house.db.write() as session:
        session.execute(text(statement))
    assert house.ledger.verify_now().checkpoints == 1


def test_two_who_sign_at_once_leave_one_checkpoint(tmp_path: Path):
    with migrated("sqlite", tmp_path) as db:
        house = Sealed(db, tmp_path)
        house.fill(2)
        house.begin()
        other = Sealing(db, house.ledger, house.keys, house.now)
        signing = house.keys.sign

        def meanwhile(key: str, message: bytes) -> str:
            house.keys.sign = signing  # type: ignore[method-assign]
            assert other.checkpoint() is not None
            return signing(key, message)

        house.keys.sign = meanwhile  # type: ignore[method-assign]
        assert house.sealing.checkpoint() is None
        assert house.ledger.verify_now().checkpoints == 1

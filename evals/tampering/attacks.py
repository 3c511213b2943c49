"""Random tamperings with an export by somebody who owns the database and not the key, each with its true place."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evals.tampering.material import Columns, Material, canonical, digest, key_id, public_of, sign

MALLORY = Ed25519PrivateKey.from_private_bytes(b"mallory-has-no-key-of-this-house")


@dataclass(frozen=True)
class Truth:
    """What was done. `places`: where, the first and the last place that may be named with right (a copy beside its
    original may be either). `checkpoint`: the number of the one that was touched. `exact`: the place can be told
    exactly; else only between two signed or kept points. `needs_head`: nothing that is left has to contradict, only a
    head kept elsewhere does."""

    name: str
    places: tuple[int, int]
    checkpoint: int | None = None
    exact: bool = True
    needs_head: bool = False


Attack = Callable[[Material, random.Random], Truth]


def edit_a_field(spoilt: Material, rng: random.Random) -> Truth:
    """One column of one row."""
    place = rng.randint(1, len(spoilt.rows))
    row = spoilt.rows[place - 1]
    name = rng.choice(sorted(row))
    row[name] = _other(row[name], rng)
    return Truth(f"edit {name}", (place, place))


def edit_a_content(spoilt: Material, rng: random.Random) -> Truth:
    """What an entry says."""
    place = rng.choice([at for at, said in enumerate(spoilt.contents, 1) if said is not None])
    spoilt.contents[place - 1] = {**spoilt.contents[place - 1], "why": f"forged {rng.random()}"}
    return Truth("edit a content", (place, place))


def take_a_content(spoilt: Material, rng: random.Random) -> Truth:
    """What an entry says, taken away without a redaction."""
    place = rng.choice([at for at, said in enumerate(spoilt.contents, 1) if said is not None])
    spoilt.contents[place - 1] = None
    return Truth("take a content", (place, place))


def edit_and_seal(spoilt: Material, rng: random.Random) -> Truth:
    """A row changed and hashed anew, the rest left as it is."""
    place = rng.randint(1, len(spoilt.rows))
    row = spoilt.rows[place - 1]
    row["actor"] = f"mallory{rng.randint(0, 99)}"
    if rng.random() < 0.5 and spoilt.contents[place - 1] is not None and row["kind"] not in ("key", "checkpoint"):
        spoilt.contents[place - 1] = {"forged": True}
    spoilt.seal(place)
    return Truth("edit and seal", (place, place), needs_head=place == len(spoilt.rows))


def delete_a_row(spoilt: Material, rng: random.Random) -> Truth:
    """A row and what it says, in the middle; half of the time the rest is numbered anew."""
    place = rng.randint(1, len(spoilt.rows) - 1)
    del spoilt.rows[place - 1], spoilt.contents[place - 1]
    if rng.random() < 0.5:
        spoilt.numbered()
    return Truth("delete", (place, place))


def insert_a_copy(spoilt: Material, rng: random.Random) -> Truth:
    """A row that stands somewhere already, put in once more behind it."""
    source = rng.randint(1, len(spoilt.rows))
    place = rng.randint(source + 1, len(spoilt.rows) + 1)
    spoilt.rows.insert(place - 1, dict(spoilt.rows[source - 1]))
    spoilt.contents.insert(place - 1, spoilt.contents[source - 1])
    return Truth("insert a copy", (place - 1, place))


def insert_a_forgery(spoilt: Material, rng: random.Random) -> Truth:
    """A row that links well, before rows that are left as they were but for their numbers."""
    place = rng.randint(1, len(spoilt.rows))
    before = spoilt.rows[place - 1]
    spoilt.rows.insert(place - 1, {**before, "kind": "approval", "version": 1, "actor": "mallory"})
    spoilt.contents.insert(place - 1, {"decision": "approved"})
    spoilt.numbered()
    spoilt.seal(place)
    return Truth("insert a forgery", (place, place))


def swap_two_rows(spoilt: Material, rng: random.Random) -> Truth:
    """Two rows in each other's place, with what they say."""
    first, second = sorted(rng.sample(range(len(spoilt.rows)), 2))
    for listed in (spoilt.rows, spoilt.contents):
        listed[first], listed[second] = listed[second], listed[first]
    if rng.random() < 0.5:
        spoilt.numbered()
    return Truth("swap", (first + 1, first + 1))


def truncate(spoilt: Material, rng: random.Random) -> Truth:
    """The end cut off; the checkpoints that tell of it stay."""
    left = rng.randint(0, spoilt.entry_of(spoilt.checkpoints[-1]["number"]) - 1)
    del spoilt.rows[left:], spoilt.contents[left:]
    return Truth("truncate", (left + 1, left + 1))


def truncate_to_a_checkpoint(spoilt: Material, rng: random.Random) -> Truth:
    """The end cut off, and with it every checkpoint that tells of it."""
    left = rng.randint(0, len(spoilt.rows) - 1)
    spoilt.forget_signed_beyond(left)
    del spoilt.rows[left:], spoilt.contents[left:]
    return Truth("truncate to a checkpoint", (left + 1, left + 1), needs_head=True)


def rewrite_a_suffix(spoilt: Material, rng: random.Random) -> Truth:
    """One row changed, and every row from there on hashed anew; the signatures stay."""
    place = rng.randint(1, spoilt.last_signed())
    _change(spoilt, place)
    spoilt.rewrite(place)
    return Truth("rewrite a suffix", (place, place), exact=False)


def rewrite_and_forge(spoilt: Material, rng: random.Random) -> Truth:
    """The same, with every later checkpoint made anew and signed with a key of the forger's own."""
    place = rng.randint(1, spoilt.last_signed())
    _change(spoilt, place)
    spoilt.rewrite(place)
    for index, one in enumerate(spoilt.checkpoints):
        if one["count"] >= place:
            one["hash"] = spoilt.rows[one["count"] - 1]["hash"]
            spoilt.resign(index, MALLORY)
            _told_again(spoilt, one)
    return Truth("rewrite and forge", (place, place), exact=False)


def rewrite_and_forget(spoilt: Material, rng: random.Random) -> Truth:
    """The same, with every later checkpoint and its entry taken out: what is left is signed less far."""
    place = rng.randint(1, len(spoilt.rows))
    spoilt.forget_signed_beyond(place - 1)
    known = {one["number"] for one in spoilt.checkpoints}
    keep = [
        index
        for index, row in enumerate(spoilt.rows)
        if row["kind"] not in ("checkpoint", "key")
        or index + 1 < place
        or (row["kind"] == "checkpoint" and spoilt.contents[index]["number"] in known)
    ]
    spoilt.rows = [spoilt.rows[index] for index in keep]
    spoilt.contents = [spoilt.contents[index] for index in keep]
    if place > len(spoilt.rows):
        return Truth("rewrite and forget", (place, place), exact=False, needs_head=True)
    spoilt.rows[place - 1]["actor"] = "mallory"
    spoilt.rewrite(place)
    return Truth("rewrite and forget", (place, place), exact=False, needs_head=True)


def edit_a_checkpoint(spoilt: Material, rng: random.Random) -> Truth:
    """One field of a checkpoint."""
    index = rng.randrange(len(spoilt.checkpoints))
    one = spoilt.checkpoints[index]
    number, name = one["number"], rng.choice(sorted(one))
    one[name] = _other(one[name], rng)
    return _touched("edit checkpoint", spoilt, number)


def remove_a_checkpoint(spoilt: Material, rng: random.Random) -> Truth:
    """A checkpoint gone; the chain still tells of it."""
    one = spoilt.checkpoints.pop(rng.randrange(len(spoilt.checkpoints)))
    return _touched("remove a checkpoint", spoilt, one["number"])


def forge_a_checkpoint(spoilt: Material, rng: random.Random) -> Truth:
    """One more checkpoint, signed with a key of the forger's own, under the name of a key of the house or its own."""
    count = rng.randint(1, len(spoilt.rows))
    name = rng.choice([spoilt.checkpoints[-1]["key"], key_id(public_of(MALLORY))])
    number = spoilt.checkpoints[-1]["number"] + 1
    made = {"number": number, "count": count, "hash": spoilt.rows[count - 1]["hash"]}
    spoilt.checkpoints.append({**made, "at": spoilt.checkpoints[-1]["at"], "key": name, "signature": ""})
    spoilt.resign(-1, MALLORY)
    return Truth("forge a checkpoint", (1, len(spoilt.rows)), checkpoint=number)


def replay_a_checkpoint(spoilt: Material, rng: random.Random) -> Truth:
    """A true checkpoint of an earlier time in the place of a later one."""
    earlier, later = sorted(rng.sample(range(len(spoilt.checkpoints)), 2))
    number = spoilt.checkpoints[later]["number"]
    spoilt.checkpoints[later] = {**spoilt.checkpoints[earlier], "number": number}
    return _touched("replay a checkpoint", spoilt, number)


def swap_the_key(spoilt: Material, rng: random.Random) -> Truth:
    """The whole house signed anew by the forger: its own key in the place of the first, every checkpoint made again."""
    place = spoilt.of_kind("key")[0]
    spoilt.rows[place - 1]["actor"] = f"mallory{rng.randint(0, 9)}"
    keep = [
        index
        for index, row in enumerate(spoilt.rows)
        if index < place or row["kind"] not in ("key", "checkpoint", "redaction")
    ]
    spoilt.rows = [spoilt.rows[index] for index in keep]
    spoilt.contents = [spoilt.contents[index] or {"forged": True} for index in keep]
    public = public_of(MALLORY)
    body = {"key": key_id(public), "public": public, "retires": None}
    message = {**body, "count": place - 1, "prev": spoilt.rows[place - 1]["prev"]}
    proof = sign(MALLORY, "quartermaster/ledger-key/1", message)
    spoilt.contents[place - 1] = {**body, "proof": proof, "proof_retired": None}
    spoilt.rewrite(place)
    _sign_the_end(spoilt, key_id(public))
    return Truth("swap the key", (place, place))


def edit_a_key(spoilt: Material, rng: random.Random) -> Truth:
    """The public key in an entry, with everything behind it hashed anew."""
    place = rng.choice(spoilt.of_kind("key"))
    spoilt.contents[place - 1]["public"] = public_of(MALLORY)
    spoilt.rewrite(place)
    return Truth("edit a key", (place, place))


def forge_a_rotation(spoilt: Material, rng: random.Random) -> Truth:
    """A new key behind the last entry, that the old one never agreed to."""
    public = public_of(MALLORY)
    last = spoilt.rows[-1]
    place = len(spoilt.rows) + 1
    body = {"key": key_id(public), "public": public, "retires": spoilt.checkpoints[-1]["key"]}
    proof = sign(MALLORY, "quartermaster/ledger-key/1", {**body, "count": place - 1, "prev": last["hash"]})
    row = {**last, "kind": "key", "version": 1, "seq": place, "prev": last["hash"]}
    spoilt.rows.append(row)
    spoilt.contents.append({**body, "proof": proof, "proof_retired": rng.choice([proof, None])})
    spoilt.seal(place)
    return Truth("forge a rotation", (place, place), exact=False)


def unknown_kind(spoilt: Material, rng: random.Random) -> Truth:
    """An entry of a kind or version that nobody has heard of, behind the last."""
    place = len(spoilt.rows) + 1
    last = spoilt.rows[-1]
    odd: list[Columns] = [{"kind": "absolution"}, {"version": 99}, {"version": 0}]
    strange = rng.choice(odd)
    spoilt.rows.append({**last, "kind": "case", "version": 1, **strange, "seq": place, "prev": last["hash"]})
    spoilt.contents.append({"did": "opened"})
    spoilt.seal(place)
    return Truth("unknown kind", (place, place))


ATTACKS: tuple[Attack, ...] = (
    edit_a_field, edit_a_content, take_a_content, edit_and_seal, delete_a_row, insert_a_copy, insert_a_forgery,
    swap_two_rows, truncate, truncate_to_a_checkpoint, rewrite_a_suffix, rewrite_and_forge, rewrite_and_forget,
    edit_a_checkpoint, remove_a_checkpoint, forge_a_checkpoint, replay_a_checkpoint, swap_the_key, edit_a_key,
    forge_a_rotation, unknown_kind,
)  # fmt: skip


def retired_key_signs(spoilt: Material, retired: Ed25519PrivateKey) -> Truth:
    """Somebody who got hold of a retired key signs the last checkpoint anew with it, and hashes the rest to fit."""
    one = spoilt.checkpoints[-1]
    one["key"] = key_id(public_of(retired))
    spoilt.resign(-1, retired)
    place = _told_again(spoilt, one)
    return Truth("a retired key signs", (place, place), checkpoint=one["number"])


def _change(spoilt: Material, place: int) -> None:
    spoilt.rows[place - 1]["actor"] = "mallory"
    if spoilt.rows[place - 1]["kind"] == "decision" and spoilt.contents[place - 1] is not None:
        spoilt.contents[place - 1] = {"forged": True}


def _sign_the_end(spoilt: Material, key: str) -> None:
    """One checkpoint of the forger's over everything, and its entry."""
    count, last = len(spoilt.rows), spoilt.rows[-1]
    one = {"number": 1, "count": count, "hash": last["hash"], "at": last["at"], "key": key, "signature": ""}
    spoilt.checkpoints = [one]
    spoilt.resign(0, MALLORY)
    spoilt.rows.append({**last, "kind": "checkpoint", "version": 1})
    spoilt.contents.append({"number": 1})
    _told_again(spoilt, one)


def _told_again(spoilt: Material, one: Columns) -> int:
    """Make the entry of a checkpoint tell of it as it is now, and hash everything from there on."""
    place = spoilt.entry_of(one["number"])
    told = {name: one[name] for name in ("number", "count", "hash", "key")}
    spoilt.contents[place - 1] = {**told, "digest": digest("ledger-checkpoint/1", one)}
    spoilt.rewrite(place)
    return place


def _touched(name: str, spoilt: Material, number: int) -> Truth:
    return Truth(name, (1, len(spoilt.rows)), checkpoint=number)


def _other(before: Any, rng: random.Random) -> Any:
    """Another value than `before`, of a kind that could stand there or not."""
    drawn: list[Any] = [rng.randint(-1, 99), f"x{rng.randint(0, 999)}", None, True, "0" * 64, "ü"]
    return rng.choice([one for one in drawn if canonical(one) != canonical(before)])

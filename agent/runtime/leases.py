"""Leases of this process: what it works on now, renewed while it lives, and who else is dead.

A lease ends by the database's clock. On one host we need not wait for that: an owner names its host, its process id and
the moment that process began, so a killed one is seen at once.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

from domain.errors import StorageFailed
from storage import leases
from storage.database import Database

_STARTS = count(1)


def process_name() -> str:
    """A name no other process start ever has on this host: `host:pid:began:n`."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_began(pid)}:{next(_STARTS)}"


def _began(pid: int) -> str:
    """When a process began, in clock ticks since boot; "" when it is gone, "0" where the system does not say."""
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return ""
        except PermissionError:
            return "0"
        return "0"
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def is_gone(owner: str) -> bool:
    """True when `owner` ran on this host and its process has ended. False when that cannot be seen from here."""
    host, pid, began, _ = [*owner.split(":"), "", "", "", ""][:4]
    return host == socket.gethostname() and pid.isdigit() and _began(int(pid)) != began


class Leases:
    """What this process holds."""

    def __init__(self, database: Database, owner: str, seconds: int) -> None:
        self.owner = owner
        self._database = database
        self._ttl = timedelta(seconds=seconds)
        self._held: set[str] = set()
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._beat: threading.Thread | None = None

    def take(self, name: str) -> bool:
        """Take a lease; False while another living owner has it."""
        with self._database.write() as session:
            now = leases.database_time(session)
            other = leases.holder(session, name, now)
            if other is not None and other.owner != self.owner and is_gone(other.owner):
                leases.release(session, name, other.owner)
            taken = leases.acquire(session, name, self.owner, now, self._ttl)
        if taken:
            with self._lock:
                self._held.add(name)
                self._start_beating()
        return taken

    def give(self, name: str) -> None:
        """Give a lease back."""
        with self._lock:
            self._held.discard(name)
        with self._database.write() as session:
            leases.release(session, name, self.owner)

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Hold a lease for a while; yields False when another has it, be it another thread of this process."""
        with self._lock:
            busy = name in self._busy
            if not busy:
                self._busy.add(name)
        if busy:
            yield False
            return
        try:
            taken = self.take(name)
            try:
                yield taken
            finally:
                if taken:
                    self.give(name)
        finally:
            with self._lock:
                self._busy.discard(name)

    def dead(self, owners: set[str]) -> set[str]:
        """Those of `owners` that are surely not working any more: their process is gone or their lease has ended."""
        with self._database.read() as session:
            now = leases.database_time(session)
            living = {lease.owner for lease in leases.listed(session) if lease.expires_at > now}
        return {owner for owner in owners if owner != self.owner and (owner not in living or is_gone(owner))}

    def close(self) -> None:
        """Give everything back."""
        self._stop.set()
        if self._beat is not None:
            self._beat.join(timeout=5)
        for name in sorted(self._held):
            self.give(name)

    def _start_beating(self) -> None:
        if self._beat is None:
            self._beat = threading.Thread(target=self._renew, name="leases", daemon=True)
            self._beat.start()

    def _renew(self) -> None:
        while not self._stop.wait(self._ttl.total_seconds() / 3):
            with self._lock:
                held = sorted(self._held)
            try:
                with self._database.write() as session:
                    now = leases.database_time(session)
                    for name in held:
                        leases.renew(session, name, self.owner, now, self._ttl)
            except StorageFailed:
                continue  # the next beat tries again; a lease that ends meanwhile is taken over by another

"""The people as they are this moment: a file that is read again when it changes, less those who were deactivated."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from domain.errors import BadInput
from guardrails.people import People, User, load, parse

Standing = tuple[str, datetime, bool]
"""(user, when last deactivated, whether still so)."""

SETTLED = timedelta(seconds=2)
"""A file that was changed this recently may be changed again within the same tick of its clock: its bytes are read."""

log = logging.getLogger("quartermaster.people")


class PeopleFile:
    """A people file that is watched. One that breaks later changes nothing: the last good one counts, which is said."""

    def __init__(self, path: Path, wall: Callable[[], datetime]) -> None:
        """Raises BadInput for a file that is unusable from the start."""
        self._path = path
        self._wall = wall
        self._people = load(path)
        self._seen: tuple[int, ...] = ()
        self._digest = ""
        self.trouble = ""
        """Why the file as it is now is not used; "" when it is."""

    def read(self) -> People:
        """The people of the file as it is now."""
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
            if seen != self._seen:
                self._take(self._path.read_bytes())
                settled = self._wall().timestamp() - stat.st_mtime > SETTLED.total_seconds()
                self._seen = seen if settled else ()
        except OSError as error:
            self._keep(f"the people file {self._path.name} cannot be read ({error.strerror})")
        return self._people

    def _take(self, content: bytes) -> None:
        digest = hashlib.sha256(content).hexdigest()
        if digest == self._digest:
            return
        self._digest = digest
        try:
            self._people = parse(content.decode("utf-8"), self._path.name)
        except (BadInput, UnicodeDecodeError) as wrong:
            self._keep(str(wrong))
        else:
            self.trouble = ""

    def _keep(self, why: str) -> None:
        if why != self.trouble:
            log.error("the people stay as they were: %s", why)
        self.trouble = why


class Roster(People):
    """The people of one legal entity, live: every question looks at the source and at who was deactivated."""

    def __init__(
        self,
        source: Callable[[], People],
        standing: Callable[[], Iterable[Standing]],
        within: Callable[[People], People],
    ) -> None:
        """`source` and `standing` are asked each time and must be cheap; `within` is applied when it changes."""
        self._source = source
        self._standing = standing
        self._within = within
        self._last: tuple[People, tuple[Standing, ...], Mapping[str, User]] | None = None

    def known(self) -> Mapping[str, User]:
        """Everybody, with those who were deactivated no longer active."""
        source, standing, last = self._source(), tuple(self._standing()), self._last
        if last is not None and last[0] is source and last[1] == standing:
            return last[2]
        users = dict(self._within(source).known())
        for user, _, barred in standing:
            if barred and user in users:
                users[user] = users[user].model_copy(update={"active": False})
        self._last = (source, standing, users)
        return users

    def still(self) -> People:
        """The people as they stand now: asked as often as one likes, looked up once."""
        return _Still(self.known().values(), {user: at for user, at, _ in self._standing()})

    def void_until(self, user: str) -> datetime | None:
        """When this user was last deactivated, whether or not they may act again."""
        return next((at for known, at, _ in self._standing() if known == user), None)


class _Still(People):
    """A live list at one moment."""

    def __init__(self, users: Iterable[User], voids: Mapping[str, datetime]) -> None:
        super().__init__(users)
        self._voids = voids

    def void_until(self, user: str) -> datetime | None:
        """When this user was last deactivated, as of that moment."""
        return self._voids.get(user)

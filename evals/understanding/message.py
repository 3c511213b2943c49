"""One labelled message of the hold-out, and how the file is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import Field, field_validator

from domain.noun import Noun

FILE = Path(__file__).with_name("messages.yaml")


class Message(Noun):
    """What somebody says (after `before`), what it means and is about; the words are explained in the file."""

    say: str
    before: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    about: tuple[str, ...] | None = None
    day: str = ""
    units: str = ""
    elsewhere: str = ""
    asks: bool = False
    accepts: str = ""
    number: int = Field(default=0, description="its place in the file, from 1")

    @field_validator("means", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("day", "units", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return f"{value:+d}" if isinstance(value, int) and value < 10 else str(value)


def read(path: Path = FILE) -> Sequence[Message]:
    """The messages in the order of the file."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [Message.model_validate({**item, "number": place}) for place, item in enumerate(raw, 1)]

"""What differs between two policies, in words: by rule, role, budget and field, not by line of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from domain.canonical import plain
from domain.noun import Noun, Text
from guardrails.policy.conditions import Comparison, Condition
from guardrails.policy.schema import Policy
from guardrails.vocabulary import Amount

_ONE_OF = {"rules": "rule", "roles": "role", "budgets": "budget", "reasons": "reason", "documents": "document"}
_LONGEST = 1000


class Difference(Noun):
    """One difference. `part`: the field of the policy it is in; `where`: the rule, role ... it is about ("" for the
    part itself); `field` "" when the whole of it came or went.
    """

    part: Text
    where: Text = ""
    what: Literal["added", "removed", "changed"]
    field: Text = ""
    before: Text = ""
    after: Text = ""

    @property
    def text(self) -> str:
        """As a sentence says it."""
        subject = " ".join(word for word in (_ONE_OF.get(self.part, self.part), self.where) if word)
        name = f"{subject}: {self.field}" if self.field else subject
        if self.what == "changed":
            return f"{name}: {self.before or 'nothing'} becomes {self.after or 'nothing'}"
        given = self.after if self.what == "added" else self.before
        return f"{name} is {self.what}" + (f": {given}" if given else "")


def differences(before: Policy, after: Policy) -> tuple[Difference, ...]:
    """Every difference, part by part in the order of the document. Equal policies have none."""
    return tuple(
        one for part in Policy.model_fields for one in _part(part, getattr(before, part), getattr(after, part))
    )


def changed_parts(before: Policy, after: Policy) -> tuple[str, ...]:
    """The parts in which two policies differ."""
    return tuple(dict.fromkeys(one.part for one in differences(before, after)))


def _part(part: str, before: Any, after: Any) -> Iterator[Difference]:
    named_before, named_after = _named(before), _named(after)
    if part not in _ONE_OF or named_before is None or named_after is None:
        for field, what, old, new in _fields("", before, after):
            yield Difference(part=part, field=field, what=what, before=old, after=new)
        return
    for key in dict.fromkeys((*named_before, *named_after)):
        if key not in named_after:
            yield Difference(part=part, where=key, what="removed", before=_title(named_before[key]))
        elif key not in named_before:
            yield Difference(part=part, where=key, what="added", after=in_words(named_after[key]))
        else:
            for field, what, old, new in _fields("", named_before[key], named_after[key]):
                yield Difference(part=part, where=key, field=field, what=what, before=old, after=new)
    was = [key for key in named_before if key in named_after]
    now = [key for key in named_after if key in named_before]
    if was != now:
        yield Difference(part=part, field="order", what="changed", before=", ".join(was), after=", ".join(now))


def _named(value: Any) -> dict[str, Any] | None:
    """A part whose members have names: a mapping, or a list of nouns with an id or code; None when it is neither."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple) and all(isinstance(one, Noun) and _key(one) for one in value):
        return {_key(one): one for one in value}
    return None


def _key(noun: Any) -> str:
    return str(getattr(noun, "id", "") or getattr(noun, "code", "") or getattr(noun, "name", ""))


_Change = tuple[str, Literal["added", "removed", "changed"], str, str]


def _fields(path: str, before: Any, after: Any) -> Iterator[_Change]:
    """Differences below a value, down to what a person would name."""
    if before == after:
        return
    if (
        isinstance(before, Noun)
        and type(before) is type(after)
        and not isinstance(before, Amount | Condition | Comparison)
    ):
        for name in type(before).model_fields:
            yield from _fields(f"{path}.{name}" if path else name, getattr(before, name), getattr(after, name))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from _fields(f"{path}.{key}" if path else str(key), before.get(key), after.get(key))
    elif _listed(before) and _listed(after) and _named(before) and _named(after):
        yield from _members(path, _named(before) or {}, _named(after) or {})
    elif _listed(before) and _listed(after):
        gone, new = [one for one in before if one not in after], [one for one in after if one not in before]
        yield from ((path, "removed", in_words(one), "") for one in gone)
        yield from ((path, "added", "", in_words(one)) for one in new)
        if not gone and not new:
            yield path, "changed", in_words(before), in_words(after)
    else:
        yield path, "changed", in_words(before), in_words(after)


def _members(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[_Change]:
    """Differences between two lists of named things, by name: a rule of a narrower document is one."""
    for key in dict.fromkeys((*before, *after)):
        if key not in after:
            yield f"{path}.{key}", "removed", _title(before[key]) or in_words(before[key]), ""
        elif key not in before:
            yield f"{path}.{key}", "added", "", in_words(after[key])
        else:
            yield from _fields(f"{path}.{key}", before[key], after[key])
    was, now = [key for key in before if key in after], [key for key in after if key in before]
    if was != now:
        yield f"{path}.order", "changed", ", ".join(was), ", ".join(now)


def _listed(value: Any) -> bool:
    """A list of things, not of names or pairs: its members come and go one by one."""
    return isinstance(value, tuple) and all(isinstance(one, Noun) for one in value)


def _title(value: Any) -> str:
    return str(getattr(value, "title", "") or "")


def in_words(value: Any) -> str:
    """A value of a policy as a person would write it."""
    return _words(value)[:_LONGEST]


def _words(value: Any) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Amount):
        return value.text
    if isinstance(value, Comparison):
        return f"{value.fact} {value.operator} {_words(value.value)}"
    if isinstance(value, Condition):
        word = " and " if value.all else " or "
        return word.join(f"({_words(one)})" if isinstance(one, Condition) else _words(one) for one in value.parts)
    if isinstance(value, Noun):
        fields = (
            (name, _words(getattr(value, name))) for name in type(value).model_fields if name not in ("id", "code")
        )
        return "; ".join(f"{name.replace('_', ' ')} {text}" for name, text in fields if text)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_words(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(_words(one) for one in value)
    return str(plain(value))

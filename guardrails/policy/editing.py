"""Write the next version of a policy document: one level, or the pilot, changed in its text. All else stays as it was
written, comments too."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

import yaml

from domain.errors import BadInput
from guardrails.policy.autonomy import AutonomyRule, Pilot
from guardrails.policy.document import Document
from guardrails.policy.files import company_span
from guardrails.policy.loading import parse
from guardrails.policy.schema import Policy

Splice = tuple[int, int, str]
"""Characters from, to, and what takes their place."""

_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_./-]*$")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
DIMENSIONS = ("case_kinds", "sku_classes", "sites", "segments")


def with_level(text: str, entry: AutonomyRule) -> str:
    """The next version of the document, in which autonomy is `entry.level` at the place of `entry`.

    An entry for exactly this place is changed, else one is added; without a place it is the default. BadInput when the
    document is no policy.
    """
    policy = parse(text)
    known = [_place(one) for one in policy.autonomy.narrower]
    narrower = list(policy.autonomy.narrower)
    changes: dict[str, Any] = {"narrower": tuple(narrower)}
    if not entry.width:
        changes = {"default": entry.level}
    elif _place(entry) in known:
        narrower[known.index(_place(entry))] = entry
        changes = {"narrower": tuple(narrower)}
    else:
        changes = {"narrower": (*narrower, entry)}
    wanted = policy.autonomy.model_copy(update=changes)
    return _next(text, policy, {"autonomy": wanted}, lambda part, root: _level_splice(part, root, entry, known))


def with_pilot(text: str, pilot: Pilot) -> str:
    """The next version of the document with this pilot scope."""
    policy = parse(text)
    return _next(text, policy, {"pilot": pilot}, lambda part, root: _pilot_splice(part, root, pilot))


def _next(text: str, policy: Policy, changes: dict[str, Any], splice: Callable[[str, yaml.MappingNode], Splice]) -> str:
    """The text with one splice in the company's document and its version raised; it must read as exactly what is
    wanted."""
    first, last = company_span(text)
    company = text[first:last]
    root = yaml.compose(company, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    version = _get(root, "version")
    assert version is not None
    raised: Splice = (version.start_mark.index, version.end_mark.index, str(policy.version + 1))
    wanted = policy.model_copy(update={**changes, "version": policy.version + 1, "effective_from": None})
    parts = [splice(company, root), raised]
    if (dated := _get(root, "effective_from")) is not None:
        parts.append((dated.start_mark.index, dated.end_mark.index, "null"))
    result = company
    for begin, end, new in sorted(parts, reverse=True):
        result = result[:begin] + new + result[end:]
    try:
        read = parse(text[:first] + result + text[last:])
    except BadInput:
        read = policy
    if not _same(read, wanted):
        result = _rewritten(company, wanted, tuple(changes))
    return text[:first] + result + text[last:]


def _same(one: Policy, other: Policy) -> bool:
    return one.model_dump(mode="json") == other.model_dump(mode="json")


def _rewritten(text: str, wanted: Policy, changed: tuple[str, ...]) -> str:
    """Written anew from its data, without its comments: for documents whose form the splices do not know."""
    data = Document("policy", text).data
    data["version"] = wanted.version
    data.pop("effective_from", None)
    for name in changed:
        part = getattr(wanted, name).model_dump(mode="json", exclude_defaults=True)
        kept = data.get(name) if isinstance(data.get(name), dict) else {}
        fields = ("default", "narrower") if name == "autonomy" else tuple(part)
        data[name] = {**(kept if name == "autonomy" else {}), **{key: part[key] for key in fields if key in part}}
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def _level_splice(text: str, root: yaml.MappingNode, entry: AutonomyRule, known: list[Any]) -> Splice:
    autonomy = _get(root, "autonomy")
    assert isinstance(autonomy, yaml.MappingNode)
    narrower = _get(autonomy, "narrower")
    own_line = f"\n{' ' * (autonomy.value[0][0].start_mark.column if autonomy.value else 2)}"
    if not entry.width:
        default = _get(autonomy, "default")
        if default is not None:
            return default.start_mark.index, default.end_mark.index, entry.level
        return _before_first(autonomy, f"default: {entry.level}" + (", " if autonomy.flow_style else own_line))
    if _place(entry) in known and isinstance(narrower, yaml.SequenceNode):
        item = narrower.value[known.index(_place(entry))]
        level = _get(item, "level")
        assert level is not None
        return level.start_mark.index, level.end_mark.index, entry.level
    written = _entry(entry)
    if not isinstance(narrower, yaml.SequenceNode):
        flow = f"narrower: [{written}], "
        return _before_first(autonomy, flow if autonomy.flow_style else f"narrower:{own_line}  - {written}{own_line}")
    if narrower.flow_style:
        place = narrower.end_mark.index - 1
        return place, place, (", " if narrower.value else "") + written
    place = _line_end(text, narrower.end_mark.index)
    return place, place, f"\n{' ' * narrower.start_mark.column}- {written}"


def _pilot_splice(text: str, root: yaml.MappingNode, pilot: Pilot) -> Splice:
    written = _pilot(pilot)
    node = _get(root, "pilot")
    if node is None:
        place = next(key.start_mark.index for key, _ in root.value if key.value == "waiting")
        return place, place, f"pilot: {written}\n\n"
    end = node.end_mark.index if getattr(node, "flow_style", True) else _line_end(text, node.end_mark.index)
    before = text.rfind("pilot:", 0, node.start_mark.index) + len("pilot:")
    return before, end, f" {written}"


def _before_first(mapping: yaml.MappingNode, new: str) -> Splice:
    place = mapping.value[0][0].start_mark.index
    return place, place, new


def _line_end(text: str, index: int) -> int:
    """The end of the last line before `index` that says something."""
    kept = text[:index].rstrip().split("\n")
    while kept and kept[-1].lstrip().startswith("#"):
        kept.pop()
        kept = "\n".join(kept).rstrip().split("\n")
    return len("\n".join(kept))


def _get(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)


def _place(entry: AutonomyRule) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(sorted(getattr(entry, name))) for name in DIMENSIONS)


def _entry(entry: AutonomyRule) -> str:
    parts = [f"level: {entry.level}"]
    parts += [f"{name}: {_list(getattr(entry, name))}" for name in DIMENSIONS if getattr(entry, name)]
    return "{" + ", ".join(parts) + "}"


def _pilot(pilot: Pilot) -> str:
    parts = []
    if top := pilot.top_skus:
        parts.append(f"top_skus: {{by: {top.by}, count: {top.count}, as_of: {top.as_of}}}")
    for name in ("sites", "abc_classes"):
        if names := getattr(pilot, name):
            parts.append(f"{name}: {_list(names)}")
    head = "{" + ", ".join([*parts, "skus: ["])
    body = textwrap.wrap(", ".join(_scalar(sku) for sku in pilot.skus), 110, break_long_words=False,
                         break_on_hyphens=False)  # fmt: skip
    return head + "".join(f"\n  {line}" for line in body) + "]}"


def _list(names: Iterable[str]) -> str:
    return "[" + ", ".join(_scalar(name) for name in names) + "]"


def _scalar(name: str) -> str:
    plain = _PLAIN.match(name) and name.lower() not in _WORDS
    return name if plain else "'" + name.replace("'", "''") + "'"

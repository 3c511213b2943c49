"""The description of the API in OpenAPI, with an example for every body and answer.

Examples are made from the schemas themselves, by the names of their fields: what is described is what is shown, and a
new field has its example at once.
"""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.access import ACCESS, PUBLIC
from api.http.identity import COOKIE
from api.http.problems import MEDIA_TYPE, Problem, documented

Json = Any
DEEPEST = 12
LOCAL_TIME = "^[0-9]{2}:[0-9]{2}:[0-9]{2}"

WORDS: dict[str, str] = {
    "abc_class": "A",
    "action": "a1",
    "approval": "A-1",
    "arrival": "accepted",
    "asked_by": "supplier-portal",
    "at": "2026-03-02T09:00:00Z",
    "by": "paula",
    "carrier": "FASTFREIGHT",
    "case": "C-1",
    "case_kind": "supplier_delay",
    "code": "already_decided",
    "conversation": "T-1",
    "currency": "USD",
    "customer": "CUST-1",
    "delegation": "D-1",
    "demotion": "DM-1",
    "detail": "lena has approved A-1 already on 2026-03-02 09:14",
    "digest": "5f3c" * 16,
    "email": "paula@example.com",
    "event": "EV-1",
    "events": "/api/runs/R-1/events",
    "facts": "S-0123456789abcdef",
    "field": "approval",
    "fix": "nothing is left to decide here",
    "giver": "lena",
    "hash": "9a1b" * 16,
    "head": "9a1b" * 16,
    "inbound": "PO-1",
    "kind": "supplier_delay",
    "line": "SO-1-1",
    "move": "C-1/r1/m1",
    "name": "Paula Planner",
    "new_eta": "2026-03-16",
    "note": "the vessel missed its slot",
    "order": "SO-1",
    "planner": "rules/2",
    "policy": "P-0123456789abcdef",
    "question": "who holds SKU-1?",
    "reason": "the customer agreed on the phone",
    "reason_code": "better-plan",
    "region": "EAST",
    "report": "/api/runs/R-1/report",
    "role": "lead",
    "run": "R-1",
    "segment": "retail",
    "shipment": "SH-1",
    "site": "DC-EAST",
    "sku": "SKU-1",
    "source": "supplier-portal",
    "state": "waiting",
    "supplier": "SUP-1",
    "taker": "paula",
    "text": "Two moves wait for a person.",
    "tier": "key",
    "timezone": "America/New_York",
    "title": "Supplier delay: PO-1",
    "to": "lena",
    "type": "urn:quartermaster:problem:already_decided",
    "user": "paula",
    "wave": "W-1",
}
"""Field name -> what an example says there, where its schema allows it."""


def install(app: FastAPI) -> None:
    """Have `app.openapi()` give the whole description, made once."""

    def describe() -> dict[str, Json]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Json]:
    document: dict[str, Json] = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in schemas:
        schemas[name] = _plain(schemas[name])
    schemas["Problem"] = Problem.model_json_schema(mode="serialization")
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["paths"] = {path: found for path, found in document["paths"].items() if path.startswith("/api/")}
    document["components"]["securitySchemes"] = {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _finish(operation, schemas)
            _say_who(operation, ACCESS[f"{method.upper()} {path}"])
    return document


def _say_who(operation: dict[str, Json], roles: frozenset[str]) -> None:
    """Which roles may use an operation, from the table of access; behind a proxy its header stands for the cookie."""
    if roles is not PUBLIC:
        operation["security"] = [{"session": []}]
        operation["x-roles"] = sorted(roles)


def _plain(schema: Json) -> Json:
    """The schema without what many readers of OpenAPI do not know: a tuple becomes an array of any of its parts."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _plain(value) for name, value in schema.items()}
    if plain.get("format") == "time":  # RFC 3339 wants an offset there, and a site's cutoff is local time
        plain = {**{name: value for name, value in plain.items() if name != "format"}, "pattern": LOCAL_TIME}
    parts = plain.pop("prefixItems", None)
    if parts is not None:
        distinct = [part for place, part in enumerate(parts) if part not in parts[:place]]
        plain["items"] = distinct[0] if len(distinct) == 1 else {"anyOf": distinct}
    return plain


def _finish(operation: dict[str, Json], schemas: dict[str, Json]) -> None:
    for status, says in documented().items():
        answer = operation["responses"].setdefault(str(status), {"description": says["description"]})
        answer.setdefault("content", {}).update(says["content"])
    contents = [operation["requestBody"]["content"]] if "requestBody" in operation else []
    contents += [answer.get("content", {}) for answer in operation["responses"].values()]
    for content in contents:
        for media, body in content.items():
            if media == MEDIA_TYPE:
                continue
            if media == "text/event-stream":
                body["example"] = (
                    'id: 1\ndata: {"run":"R-1","seq":1,"at":"2026-03-02T09:00:00Z","kind":"plan","body":{}}\n\n'
                )
            else:
                body["example"] = example(body.get("schema", {}), schemas)


def example(schema: Json, schemas: dict[str, Json], name: str = "", depth: int = 0) -> Json:
    """A value that fits a schema. `name` is the field it stands in."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas, name, depth)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return WORDS.get(name) if WORDS.get(name) in schema["enum"] else schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            some = [one for one in schema[several] if one.get("type") != "null"]
            return example((some or schema[several])[0], schemas, name, depth)
    return _of_type(schema, schemas, name, depth)


def _of_type(schema: Json, schemas: dict[str, Json], name: str, depth: int) -> Json:
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, schemas, depth)
    if kind == "array":
        deep = depth > DEEPEST and not schema.get("minItems")
        one = None if deep or "items" not in schema else example(schema["items"], schemas, _one(name), depth + 1)
        return [] if one is None else [one] * schema.get("minItems", 1)
    if kind == "string":
        return _text(schema, name)
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1) or 12
    return {"boolean": True, "null": None}.get(kind, {})


def _object(schema: Json, schemas: dict[str, Json], depth: int) -> Json:
    fields = schema.get("properties", {})
    needed = set(schema.get("required", ()))
    made = {
        name: example(field, schemas, name, depth + 1)
        for name, field in fields.items()
        if name in needed or depth <= DEEPEST
    }
    open_ended = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    values = next((one for one in open_ended if isinstance(one, dict) and one), None)
    if not fields and values:
        made["a1"] = example(values, schemas, "", depth + 1)
    return made


def _text(schema: Json, name: str) -> Json:
    form, pattern = schema.get("format"), schema.get("pattern", "")
    if form == "date-time":
        return "2026-03-02T09:00:00Z"
    if form == "date":
        return "2026-03-16"
    words = (WORDS.get(name, "text"), "12.50", "16:00:00", WORDS["digest"], "X-1", "other")
    return next(word for word in words if not pattern or re.search(pattern, word))


def _one(name: str) -> str:
    return name[:-1] if name.endswith("s") and name not in WORDS else name

"""Errors as RFC 9457 problems: the one place where an error becomes an HTTP status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from domain.errors import (
    BadInput,
    Conflict,
    DependencyDown,
    EffectRefused,
    IntegrityBroken,
    NotAllowed,
    QuartermasterError,
    StorageFailed,
    UnknownReference,
)

MEDIA_TYPE = "application/problem+json"

PageForProblem = Callable[[Request, "Problem"], Response | None]
"""How a door of pages shows a problem to a person; None to answer with the JSON."""


class SignInNeeded(NotAllowed):
    """Nobody is signed in, or the session is over."""

    code = "sign_in_needed"


class TooLarge(BadInput):
    """The request is larger than this door takes."""

    code = "too_large"


class Explained(QuartermasterError):
    """An error with more to show than its sentence, such as the card that is true now; `more` is JSON."""

    def __init__(self, cause: QuartermasterError, more: dict[str, object]) -> None:
        super().__init__(cause.message, field=cause.field, fix=cause.fix)
        self.code = cause.code
        self.cause = cause
        self.more = more


STATUS: tuple[tuple[type[QuartermasterError], int], ...] = (
    (TooLarge, 413),
    (UnknownReference, 404),
    (BadInput, 422),
    (Conflict, 409),
    (SignInNeeded, 401),
    (NotAllowed, 403),
    (DependencyDown, 503),
    (EffectRefused, 502),
    (StorageFailed, 503),
    (IntegrityBroken, 500),
    (QuartermasterError, 500),
)
"""The status of an error: of the first class it is one of."""

TITLES: Mapping[int, str] = {
    400: "This request cannot be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "There is no such thing here",
    405: "This cannot be done here",
    409: "The world moved on",
    413: "Too large",
    415: "This kind of content is not taken",
    422: "This cannot be used",
    500: "Something broke on our side",
    502: "The other system refused",
    503: "Something we depend on is down; nothing was lost",
}


class Problem(BaseModel):
    """A problem as RFC 9457 has it, with our code, the field that is wrong, and the fix."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:quartermaster:problem:already_decided",
                    "title": "The world moved on",
                    "status": 409,
                    "detail": "lena has approved A-1 already on 2026-03-02 09:14",
                    "code": "already_decided",
                    "field": "approval",
                    "fix": "nothing is left to decide here",
                }
            ]
        },
    )

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    code: str
    field: str | None = None
    fix: str | None = None
    more: dict[str, object] = Field(default_factory=dict, exclude=True)
    """Extension members of this one problem, such as the card that replaced a stale one."""

    def response(self) -> Response:
        """The problem as a response."""
        body = {name: value for name, value in self.model_dump(mode="json").items() if value is not None}
        headers = {"Cache-Control": "no-store"}
        if self.status == 503:
            headers["Retry-After"] = "2"
        return JSONResponse({**body, **self.more}, self.status, headers, MEDIA_TYPE)


def problem_of(error: QuartermasterError) -> Problem:
    """The problem of an error of ours."""
    cause = error.cause if isinstance(error, Explained) else error
    status = next(status for kind, status in STATUS if isinstance(cause, kind))
    more = error.more if isinstance(error, Explained) else {}
    return _problem(status, cause.code, cause.message, cause.field, cause.fix, more)


def http_problem(status: int, detail: str = "") -> Problem:
    """The problem of what the framework refused by itself."""
    return _problem(status, f"http_{status}", detail or TITLES.get(status, "This request was refused"))


def broken() -> Problem:
    """The problem of an error nobody foresaw: what happened stands in the log, never in the answer."""
    return _problem(500, "error", "An unexpected error; it is in the log of the server.", fix="try again, or report it")


def invalid(error: RequestValidationError) -> Problem:
    """The problem of a request that does not fit its schema: the first wrong field, and all of them as `errors`."""
    found = [
        {"field": ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0]), "says": str(item["msg"])}
        for item in error.errors()
    ][:20]
    first = found[0] if found else {"field": "body", "says": "it cannot be read"}
    return _problem(
        422, "bad_input", first["says"], first["field"], "see the schema of this request in /api/openapi.json",
        {"errors": found},
    )  # fmt: skip


def _problem(
    status: int,
    code: str,
    detail: str,
    field: str | None = None,
    fix: str | None = None,
    more: dict[str, object] | None = None,
) -> Problem:
    return Problem(
        type=f"urn:quartermaster:problem:{code}",
        title=TITLES.get(status, "This request was refused"),
        status=status,
        detail=detail,
        code=code,
        field=field,
        fix=fix,
        more=more or {},
    )


def install(app: FastAPI, page: PageForProblem | None = None) -> None:
    """Have every error of this application answered as a problem; `page` may show it to a person instead."""

    def answer(request: Request, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
        shown = page(request, problem) if page is not None else None
        response = shown or problem.response()
        response.headers.update(headers or {})
        return response

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, QuartermasterError)
        return answer(request, problem_of(error))

    async def unfit(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, invalid(error))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(request, http_problem(error.status_code), error.headers)

    app.add_exception_handler(QuartermasterError, ours)
    app.add_exception_handler(RequestValidationError, unfit)
    app.add_exception_handler(HTTPException, refused)


def documented() -> dict[int | str, dict[str, Any]]:
    """The problems every route may answer with, for its description."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": TITLES[status], "content": content} for status in sorted(TITLES)}

"""Every way a model can fail, with the words a person reads; nothing a server or client library said is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from domain.errors import DependencyDown


class Failure(StrEnum):
    """Why the model did not make the plan."""

    NOT_CONFIGURED = "not_configured"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    CONTEXT_OVERFLOW = "context_overflow"
    AUTHENTICATION = "authentication"
    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    REFUSED_REQUEST = "refused_request"
    TOO_LONG = "answer_too_long"
    WITHHELD = "answer_withheld"
    MALFORMED = "malformed_reply"
    EMPTY = "empty_answer"
    UNKNOWN_TOOL = "unknown_tool"
    INVALID_ARGUMENTS = "invalid_arguments"
    INVENTED_ID = "invented_id"
    INVENTED_NUMBER = "invented_number"
    CONFLICT = "conflicting_proposals"
    NO_PROPOSAL = "no_proposal"
    ENDLESS_LOOP = "endless_loop"


_SAID: Mapping[Failure, tuple[str, str]] = {
    Failure.NOT_CONFIGURED: ("no model is named", "set QUARTERMASTER_MODEL, or use the rules planner"),
    Failure.TIMEOUT: ("the model did not answer in time", "raise QUARTERMASTER_MODEL_TIMEOUT or use a faster model"),
    Failure.CONNECTION: ("the model's endpoint could not be reached", "check OPENAI_BASE_URL and the network"),
    Failure.CONTEXT_OVERFLOW: ("the conversation is longer than the model can read", "use a model with more context"),
    Failure.AUTHENTICATION: ("the model's endpoint refused our key", "check OPENAI_API_KEY"),
    Failure.RATE_LIMIT: ("the model's endpoint has had too many requests", "try later or raise its limits"),
    Failure.SERVER_ERROR: ("the model's endpoint failed", "look at its logs"),
    Failure.REFUSED_REQUEST: (
        "the model's endpoint refused the request",
        "check QUARTERMASTER_MODEL and OPENAI_BASE_URL",
    ),
    Failure.TOO_LONG: ("the model's answer was cut off at its length limit", "raise the endpoint's answer limit"),
    Failure.WITHHELD: ("the endpoint withheld the model's answer", "look at its content filter"),
    Failure.MALFORMED: ("the endpoint's reply is not a chat completion", "check that OPENAI_BASE_URL is compatible"),
    Failure.EMPTY: ("the model answered nothing", "try another model"),
    Failure.UNKNOWN_TOOL: ("the model kept calling tools that do not exist", "try another model"),
    Failure.INVALID_ARGUMENTS: ("the model kept sending arguments that cannot be used", "try another model"),
    Failure.INVENTED_ID: ("the model kept naming ids that it had not read anywhere", "try another model"),
    Failure.INVENTED_NUMBER: ("the model kept naming figures that are in no record", "try another model"),
    Failure.CONFLICT: ("the model kept proposing moves that use the same units", "try another model"),
    Failure.NO_PROPOSAL: ("the model proposed nothing for an event", "try another model"),
    Failure.ENDLESS_LOOP: ("the model did not come to an end", "raise QUARTERMASTER_MODEL_TURNS or try another model"),
}


class ModelFailed(DependencyDown):
    """The model did not make a plan; the rules planner makes it instead, and the reason is recorded."""

    code = "model_failed"

    def __init__(self, reason: Failure, status: int | None = None) -> None:
        said, fix = _SAID[reason]
        super().__init__(f"{said} ({reason.value}{f', HTTP {status}' if status else ''})", field="model", fix=fix)
        self.reason = reason


_OVERFLOW = ("context length", "context_length", "context size", "context_size", "context window", "maximum context")
"""How endpoints say that a conversation is too long; there is no common code for it."""


def failure_of(error: Exception) -> ModelFailed:
    """What an error of the client library means. Its own text may hold secrets, so only the HTTP status is kept."""
    import openai
    from langchain_core.exceptions import ContextOverflowError

    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    kinds: tuple[tuple[type[Exception], Failure], ...] = (
        (ContextOverflowError, Failure.CONTEXT_OVERFLOW),
        (openai.APITimeoutError, Failure.TIMEOUT),
        (openai.APIConnectionError, Failure.CONNECTION),
        (openai.AuthenticationError, Failure.AUTHENTICATION),
        (openai.PermissionDeniedError, Failure.AUTHENTICATION),
        (openai.RateLimitError, Failure.RATE_LIMIT),
        (openai.InternalServerError, Failure.SERVER_ERROR),
        (openai.LengthFinishReasonError, Failure.TOO_LONG),
        (openai.ContentFilterFinishReasonError, Failure.WITHHELD),
    )
    for kind, reason in kinds:
        if isinstance(error, kind):
            return ModelFailed(reason, status)
    if status is None:
        return ModelFailed(Failure.MALFORMED)
    too_long = status == 413 or any(word in str(error).casefold() for word in _OVERFLOW)
    return ModelFailed(Failure.CONTEXT_OVERFLOW if too_long else Failure.REFUSED_REQUEST, status)

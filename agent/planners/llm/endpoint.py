"""Opens the model behind an OpenAI-compatible endpoint, and turns each of its failures into one of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.planners.llm.failure import Failure, ModelFailed, failure_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

Ask = Callable[[Sequence["BaseMessage"]], "AIMessage"]
"""One answer of the model to a conversation. Raises ModelFailed."""

NO_KEY = "none"
"""Local servers want no key, but the client library wants some text there."""


@dataclass(frozen=True)
class Endpoint:
    """Where the model is. `timeout`: seconds for one whole answer; `answer_tokens`: its limit, if any."""

    base_url: str | None
    api_key: str | None = field(repr=False)
    model: str
    timeout: float
    retries: int
    answer_tokens: int | None

    @contextmanager
    def open(self) -> Iterator[BaseChatModel]:
        """The model, with its connections closed afterwards. ModelFailed when no model is named."""
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        from agent.planners.llm.deadline import DeadlineClient

        if not self.model:
            raise ModelFailed(Failure.NOT_CONFIGURED)
        with DeadlineClient(self.timeout) as client:
            yield ChatOpenAI(
                model_name=self.model,
                openai_api_base=self.base_url,
                openai_api_key=SecretStr(self.api_key or NO_KEY),
                request_timeout=self.timeout,
                max_retries=self.retries,
                temperature=0,
                max_tokens=self.answer_tokens,
                use_responses_api=False,
                http_client=client,
            )


def asker(model: Runnable[Any, AIMessage]) -> Ask:
    """`model` as a function whose failures are ModelFailed, with no trace of what the library said."""
    import openai
    from langchain_core.exceptions import LangChainException

    def ask(messages: Sequence[BaseMessage]) -> AIMessage:
        try:
            return model.invoke(list(messages))
        except (openai.OpenAIError, LangChainException) as error:
            failed = failure_of(error)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            # What the client library makes of a reply that is not a chat completion.
            failed = ModelFailed(Failure.MALFORMED)
        raise failed

    return ask

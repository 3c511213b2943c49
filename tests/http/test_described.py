"""The API is what its OpenAPI document says: five hundred generated requests by every role, none of which breaks it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from agent.runtime.application import Application
from api.http.access import ACCESS
from connectors.embedded.world import built_in_event
from guardrails.policy import default_text
from tests.http.house import BASE, ROLES, door, one_of_each, opened, token_of

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CASES = 500

pytestmark = pytest.mark.xdist_group("described")


@pytest.fixture(scope="module")
def application(delayed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("described")
    home = Path(shutil.copytree(delayed_once, folder / "home"))
    with opened(home, people=one_of_each(folder)) as application:
        yield application


@pytest.fixture(scope="module")
def client(application: Application) -> Iterator[TestClient]:
    with door(application) as client:
        yield client


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_operation_ids_are_these_and_stay(document: dict[str, Any]):
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert sorted(ids) == sorted(set(ids)) == OPERATIONS
    assert all(len(operation["tags"]) == 1 and operation["description"] for _, operation in operations(document))
    assert all(" /api/" in key for key, _ in operations(document)), "pages are no part of the API"


def test_every_operation_says_which_roles_may_use_it(document: dict[str, Any]):
    for key, operation in operations(document):
        assert operation.get("x-roles", []) == sorted(ACCESS[key]), key
        assert ("security" in operation) == bool(ACCESS[key]), key


def test_every_body_and_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]):
    for key, operation in operations(document):
        answers = [one for status, one in operation["responses"].items() if status < "300"]
        assert answers, key
        for part in [operation.get("requestBody", {}), *answers]:
            for media, body in part.get("content", {}).items():
                whole = {**body["schema"], "components": document["components"]}
                jsonschema.Draft202012Validator(whole).validate(body["example"])
                assert body["example"] not in ({}, []), (key, media)


def test_every_operation_says_which_problems_it_may_answer(document: dict[str, Any]):
    for key, operation in operations(document):
        for status in ("401", "403", "404", "409", "413", "422", "503"):
            content = operation["responses"][status]["content"]["application/problem+json"]
            assert content == {"schema": {"$ref": "#/components/schemas/Problem"}}, key


@pytest.mark.filterwarnings("ignore:Do not use the .random. module inside strategies")  # schemathesis does
def test_generated_requests_by_every_role_are_answered_as_described(
    client: TestClient, document: dict[str, Any], application: Application
):
    facts = application.facts_now()
    known: dict[str, list[Any]] = {
        "sku": [sku.id for sku in facts.skus],
        "order": [order.id for order in facts.orders],
        "line": [line.id for order in facts.orders for line in order.lines],
        "customer": [customer.id for customer in facts.customers],
        "site": [site.id for site in facts.sites],
        "shipment": [shipment.id for shipment in facts.shipments],
        "case": ["C-1"],
        "run": ["R-1"],
        "approval": [card.approval for card in application.approvals()],
        "seq": list(range(1, 40)),
        "conversation": ["T-1", "T-2"],
        "policy": [version.id for version in application.policies.versions()],
        "change": [application.policies.propose(default_text().replace("250}", "25}"), "lead", "fewer").id],
        "delegation": ["D-1"],
        "demotion": ["DM-1"],
        "move": sorted({card.move for card in application.approvals()}),
    }
    cookies = {role: token_of(client, role) for role in ROLES}
    answered: Counter[int] = Counter()
    schema = schemathesis.openapi.from_dict(document)
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    each = -(-CASES // len(found))

    def knock(operation: Any) -> None:
        modes = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

        @settings(max_examples=each, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
        @given(st.data())
        def one(data: st.DataObject) -> None:
            real = data.draw(st.booleans(), "with ids that are known")
            case = data.draw(st.one_of(modes[0], modes[0], modes[1]))
            role = data.draw(st.sampled_from([*ROLES, *ROLES, *ROLES, "nobody"]))
            if real:
                case.path_parameters = {
                    name: data.draw(st.sampled_from(known[name])) for name in case.path_parameters or {}
                }
                if operation.label == "POST /api/events":
                    event = built_in_event().model_dump(mode="json")
                    event["data"]["new_eta"] = data.draw(st.dates()).isoformat()
                    case.body = {**event, "id": data.draw(st.from_regex(r"\AEV-[0-9]{1,6}\Z"))}
            sent = case.as_transport_kwargs(base_url=BASE)
            sent["headers"] = {**dict(sent.get("headers") or {}), **cookies.get(role, {})}
            sent.pop("cookies", None)
            if isinstance(sent.get("data"), bytes | str):
                sent["content"] = sent.pop("data")
            if operation.label == "DELETE /api/session" or operation.label == "POST /api/session":
                sent["headers"].pop("Cookie", None)
            response = client.request(**sent)
            client.cookies.clear()
            answered[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        one()

    for operation in found:
        knock(operation)
    print(f"{answered.total()} requests to {len(found)} operations: {dict(sorted(answered.items()))}")
    assert answered.total() >= CASES and not any(status >= 500 for status in answered)
    assert answered[200] > CASES / 5, "enough of them reached the work behind the door"


OPERATIONS = sorted(
    "list_personas begin_session read_session change_entity list_entities end_session "
    "read_health read_readiness list_skus read_sku "
    "read_inventory read_atp read_holdings check_promise list_orders read_order read_line list_customers read_customer "
    "list_segments list_sites read_site list_waves list_shipments read_shipment read_replenishment list_cases "
    "read_case ask list_runs read_run read_report read_events list_conversations read_conversation take_event "
    "list_approvals read_approval approve reject edit list_entries read_entry verify_ledger read_metrics "
    "list_policy_versions read_policy_version compare_policies try_policy list_policy_changes propose_policy "
    "read_policy_change approve_policy reject_policy withdraw_policy "
    "read_flow list_documents search_documents decide_many snooze reassign comment read_history list_deciders "
    "list_delegations delegate end_delegation list_absences leave come_back list_stops stop_writes lift_stop "
    "read_autonomy read_agreement lift_demotion list_claims undo_move list_overrides".split()
)

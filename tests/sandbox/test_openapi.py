"""The sandbox's own description is true: schemathesis finds no answer that it does not have."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from smsplan.sandbox.account import Account
from smsplan.sandbox.app import make_app
from smsplan.sandbox.openapi import document
from smsplan.sandbox.settings import Settings
from smsplan.sandbox.store import Store
from tests.sandbox.conftest import NUMBER, Client

TOKEN = "token"
_account = Account(Settings(token=TOKEN), Store())
schema = schemathesis.openapi.from_asgi("/openapi.json", make_app(_account))


@pytest.mark.filterwarnings("ignore")
@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_description(case: Any) -> None:
    """No 5xx, no status, type or body that the description does not have."""
    case.path_parameters = {**(case.path_parameters or {}), "service_plan_id": "demo"}
    response = case.call(headers={"Authorization": f"Bearer {TOKEN}"})
    case.validate_response(
        response,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )


def test_every_path_is_described() -> None:
    """Every path and method of the API that the sandbox answers stands in the description."""
    inner: Any = make_app(_account)._app
    served = {
        (route.path.replace("{plan}", "{service_plan_id}"), method)
        for route in inner.routes
        if route.path.startswith("/xms")
        for method in route.methods - {"HEAD"}
    }
    described = {
        (path, method.upper())
        for path, operations in document()["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert served == described


def test_many_at_once(client: Client) -> None:
    """A thousand requests, fifty at a time, and no error."""
    headers = {"Authorization": f"Bearer {client.sandbox.token}"}
    url = f"{client.sandbox.url}/xms/v1/demo/batches"

    with httpx.Client(headers=headers, timeout=60,
                      limits=httpx.Limits(max_connections=50)) as http:  # fmt: skip

        def one(number: int) -> int:
            if number % 2:
                return http.get(url, params={"page_size": 5}).status_code
            return http.post(url, json={"to": [NUMBER], "body": str(number)}).status_code

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            statuses = list(pool.map(one, range(1000)))
    assert set(statuses) == {200, 201}
    assert client("GET", "/batches").json()["count"] == 500


def test_an_operation_is_no_batch(client: Client) -> None:
    """``dry_run`` is the path of an operation, which takes POST; below it, it is no known id."""
    headers = {"Authorization": f"Bearer {client.sandbox.token}"}
    url = f"{client.sandbox.url}/xms/v1/demo"
    with httpx.Client(headers=headers) as http:
        answers = {
            path: http.get(f"{url}/{path}")
            for path in (
                "batches/dry_run",
                "batches/dry_run/delivery_report",
                "batches/dry_run/delivery_report/12",
                "groups/dry_run",
            )
        }
    assert [answer.status_code for answer in answers.values()] == [405, 404, 404, 404]
    assert answers["batches/dry_run"].headers["Allow"] == "POST"

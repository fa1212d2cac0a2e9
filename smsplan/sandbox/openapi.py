"""The sandbox's own description (OpenAPI 3.1): every path, parameter, status and schema."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from smsplan.api.batches import DELIVERY_REPORTS, MAX_BINARY_OCTETS, MAX_RECIPIENTS, MAX_URL
from smsplan.sandbox.rules import MAX_CHILDREN, MAX_MEMBERS, MAX_NAME, MAX_PAGE_SIZE, PAGE_SIZE

_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
_WHOLE = {"type": "integer"}
_TIME = {"type": "string", "format": "date-time"}
_TEXTS = {"type": "array", "items": _TEXT}
_PARAMETERS = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": _TEXT},
}

_COMMON: dict[str, Any] = {
    "to": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": MAX_RECIPIENTS},
    "from": _TEXT,
    "delivery_report": {"type": "string", "enum": list(DELIVERY_REPORTS)},
    "send_at": _TIME,
    "expire_at": _TIME,
    "callback_url": {"type": "string", "format": "uri", "maxLength": MAX_URL},
    "client_reference": {"type": "string", "maxLength": 2048},
    "feedback_enabled": _FLAG,
    "from_ton": {"type": "integer", "minimum": 0, "maximum": 6},
    "from_npi": {"type": "integer", "minimum": 0, "maximum": 18},
}
_TYPES: dict[str, dict[str, Any]] = {
    "mt_text": {
        "body": {"type": "string", "maxLength": 2000},
        "parameters": _PARAMETERS,
        "flash_message": _FLAG,
        "truncate_concat": _FLAG,
        "max_number_of_message_parts": {"type": "integer", "minimum": 1},
    },
    "mt_binary": {
        "body": {"type": "string", "description": f"base64; with udh {MAX_BINARY_OCTETS} octets"},
        "udh": {"type": "string", "description": "hexadecimal"},
    },
    "mt_media": {
        "body": {
            "type": "object",
            "properties": {
                "url": {"type": "string", "format": "uri"},
                "message": {"type": "string", "maxLength": 2000},
                "subject": {"type": "string", "maxLength": 80},
            },
            "required": ["url"],
        },
        "parameters": _PARAMETERS,
        "strict_validation": _FLAG,
    },
}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    out: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        out["required"] = list(required)
    return out


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _either(suffix: str) -> dict[str, Any]:
    return {"oneOf": [_ref(f"{kind}{suffix}") for kind in _TYPES]}


def _kind(kind: str, own: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of one kind of batch: to send, to change, and as it is answered."""
    type_ = {"type": "string", "const": kind}
    typed = [] if kind == "mt_text" else ["type"]
    udh = ["udh"] if kind == "mt_binary" else []
    numbers = {"type": "array", "items": _TEXT, "maxItems": MAX_RECIPIENTS}
    fields = {**_COMMON, **own}
    changed = {name: schema for name, schema in fields.items() if name != "to"}
    known = {"id": _TEXT, "canceled": _FLAG, "created_at": _TIME, "modified_at": _TIME}
    always = ("id", "to", "canceled", "body", "type", "created_at", "modified_at")
    return {
        f"{kind}_request": _object({"type": type_, **fields}, "to", "body", *udh, *typed),
        f"{kind}_update": _object(
            {"type": type_, "to_add": numbers, "to_remove": numbers, **changed}, *typed
        ),
        f"{kind}_batch": _object(
            {**known, **fields, "type": type_}, *always, "delivery_report", "expire_at"
        ),
    }


def _page(what: str, item: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a page of a list."""
    counts = {"page": _WHOLE, "page_size": _WHOLE, "count": _WHOLE}
    return _object({**counts, what: {"type": "array", "items": item}}, *counts, what)


_KEYWORD = _object({"first_word": _TEXT, "second_word": _TEXT}, "first_word")
_MEMBERS = {"type": "array", "items": _TEXT, "maxItems": MAX_MEMBERS}
_NAME = {"type": ["string", "null"], "maxLength": MAX_NAME}
_SCHEMAS: dict[str, Any] = {
    **{name: schema for kind, own in _TYPES.items() for name, schema in _kind(kind, own).items()},
    "error": _object({"code": _TEXT, "text": _TEXT}, "code", "text"),
    "dry_run": _object(
        {
            "number_of_recipients": _WHOLE,
            "number_of_messages": _WHOLE,
            "per_recipient": {
                "type": "array",
                "items": _object(
                    {
                        "recipient": _TEXT,
                        "number_of_parts": _WHOLE,
                        "body": _TEXT,
                        "encoding": _TEXT,
                    },
                    "recipient",
                    "number_of_parts",
                    "body",
                    "encoding",
                ),
            },
        },
        "number_of_recipients",
        "number_of_messages",
    ),
    "report": _object(
        {
            "type": _TEXT,
            "batch_id": _TEXT,
            "client_reference": _TEXT,
            "total_message_count": _WHOLE,
            "statuses": {
                "type": "array",
                "items": _object(
                    {"code": _WHOLE, "status": _TEXT, "count": _WHOLE, "recipients": _TEXTS},
                    "code",
                    "status",
                    "count",
                ),
            },
        },
        "type",
        "batch_id",
        "total_message_count",
        "statuses",
    ),
    "recipient_report": _object(
        {
            "type": _TEXT,
            "batch_id": _TEXT,
            "recipient": _TEXT,
            "code": _WHOLE,
            "status": _TEXT,
            "at": _TIME,
            "client_reference": _TEXT,
            "applied_originator": _TEXT,
            "encoding": _TEXT,
            "number_of_message_parts": _WHOLE,
            "operator": _TEXT,
            "operator_status_at": _TIME,
        },
        "type",
        "batch_id",
        "recipient",
        "code",
        "status",
        "at",
    ),
    "auto_update": _object({"to": _TEXT, "add": _KEYWORD, "remove": _KEYWORD}, "to"),
    "group_request": _object(
        {
            "name": _NAME,
            "members": _MEMBERS,
            "child_groups": {"type": "array", "items": _TEXT, "maxItems": MAX_CHILDREN},
            "auto_update": _ref("auto_update"),
        }
    ),
    "group_update": _object(
        {
            "add": _MEMBERS,
            "remove": _MEMBERS,
            "name": _NAME,
            "add_from_group": _TEXT,
            "remove_from_group": _TEXT,
            "auto_update": _ref("auto_update"),
        }
    ),
    "group": _object(
        {
            "id": _TEXT,
            "name": _TEXT,
            "size": _WHOLE,
            "created_at": _TIME,
            "modified_at": _TIME,
            "child_groups": _TEXTS,
            "auto_update": _ref("auto_update"),
        },
        "id",
        "size",
        "created_at",
        "modified_at",
    ),
    "batches_page": _page("batches", _either("_batch")),
    "delivery_reports_page": _page("delivery_reports", _ref("recipient_report")),
    "groups_page": _page("groups", _ref("group")),
}


def _parameter(where: str, name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {
        "in": where,
        "name": name,
        "required": where == "path",
        "schema": schema,
        "description": text,
    }


_PLAN = _parameter("path", "service_plan_id", _TEXT, "The service plan; the project with OAuth2.")
_PAGES = [
    _parameter("query", "page", {"type": "integer", "minimum": 0, "maximum": 1 << 31}, "From 0."),
    _parameter(
        "query",
        "page_size",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
        "Entries of a page.",
    ),
]
_DATES = [
    _parameter("query", "start_date", _TIME, "Inclusive; 24 hours ago by default."),
    _parameter("query", "end_date", _TIME, "Exclusive."),
]
_REFERENCE = _parameter("query", "client_reference", _TEXT, "Batches with this reference.")
_FILTERS = [
    _parameter("query", "status", _TEXT, "Statuses, parted by commas."),
    _parameter("query", "code", _TEXT, "Codes, parted by commas."),
]
_TEXTS_OF = {
    200: "Done.", 201: "Created.", 202: "Accepted.", 400: "A fault in the request.",
    401: "The token is not valid for this plan.", 403: "Not allowed.", 404: "Unknown id.",
    405: "The id is dry_run, which is an operation.",
    408: "The body came too slowly.", 413: "The body is too large.",
    415: "The content type is not application/json.", 429: "A fault that was asked for.",
    500: "A fault that was asked for.", 503: "The sandbox's disk takes nothing more.",
}  # fmt: skip


def _operation(
    name: str,
    text: str,
    success: int,
    answer: dict[str, Any] | None,
    *,
    body: dict[str, Any] | None = None,
    query: list[dict[str, Any]] = [],  # noqa: B006
    errors: tuple[int, ...] = (),
) -> dict[str, Any]:
    codes = [400, 401, *errors, *((408, 413, 415) if body else ()), 429, 503]
    responses: dict[str, Any] = {str(success): {"description": _TEXTS_OF[success]}}
    if answer is not None:
        responses[str(success)]["content"] = {"application/json": {"schema": answer}}
    for code in sorted(set(codes)):
        responses[str(code)] = {"description": _TEXTS_OF[code]}
        if code in (400, 403, 503):
            responses[str(code)]["content"] = {"application/json": {"schema": _ref("error")}}
    out: dict[str, Any] = {
        "operationId": name,
        "summary": text,
        "responses": responses,
        "security": [{"token": []}],
    }
    if query:
        out["parameters"] = query
    if body is not None:
        out["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return out


_ID = _parameter("path", "id", _TEXT, "The id of the batch.")
_GROUP = _parameter("path", "id", _TEXT, "The id of the group.")
_RECIPIENT = _parameter("path", "recipient", _TEXT, "The number.")
_ROOT = "/xms/v1/{service_plan_id}"
_BATCH, _BATCHES = _either("_batch"), f"{_ROOT}/batches"
_DETAIL = [
    _parameter("query", "per_recipient", _FLAG, "Whether to list recipients."),
    _parameter(
        "query",
        "number_of_recipients",
        {"type": "integer", "minimum": 0, "maximum": 1000, "default": 100},
        "How many at most.",
    ),
]
_SENDERS = _parameter("query", "from", _TEXT, "Originators, parted by commas.")
_KIND = _parameter(
    "query", "type", {"type": "string", "enum": ["summary", "full"]}, "With recipients or not."
)
_PATHS: dict[str, Any] = {
    _BATCHES: {
        "parameters": [_PLAN],
        "get": _operation(
            "list",
            "List batches",
            200,
            _ref("batches_page"),
            query=[*_PAGES, *_DATES, _SENDERS, _REFERENCE],
        ),
        "post": _operation(
            "send", "Send a batch", 201, _BATCH, body=_either("_request"), errors=(403,)
        ),
    },
    f"{_BATCHES}/dry_run": {
        "parameters": [_PLAN],
        "post": _operation(
            "dry_run",
            "Say what a batch would be",
            200,
            _ref("dry_run"),
            body=_either("_request"),
            query=_DETAIL,
            errors=(403,),
        ),
    },
    f"{_BATCHES}/{{id}}": {
        "parameters": [_PLAN, _ID],
        "get": _operation("retrieve", "Retrieve a batch", 200, _BATCH, errors=(404, 405)),
        "post": _operation(
            "update", "Update a batch", 200, _BATCH, body=_either("_update"), errors=(403, 404, 405)
        ),
        "put": _operation(
            "replace",
            "Replace a batch",
            200,
            _BATCH,
            body=_either("_request"),
            errors=(403, 404, 405),
        ),
        "delete": _operation("cancel", "Cancel a batch", 200, _BATCH, errors=(404, 405)),
    },
    f"{_BATCHES}/{{id}}/delivery_feedback": {
        "parameters": [_PLAN, _ID],
        "post": _operation(
            "feedback",
            "Say what was delivered",
            202,
            None,
            body=_object({"recipients": _TEXTS}, "recipients"),
            errors=(404,),
        ),
    },
    f"{_BATCHES}/{{id}}/delivery_report": {
        "parameters": [_PLAN, _ID],
        "get": _operation(
            "report",
            "Report on a batch",
            200,
            _ref("report"),
            query=[_KIND, *_FILTERS],
            errors=(404,),
        ),
    },
    f"{_BATCHES}/{{id}}/delivery_report/{{recipient}}": {
        "parameters": [_PLAN, _ID, _RECIPIENT],
        "get": _operation(
            "recipient_report",
            "Report on a recipient",
            200,
            _ref("recipient_report"),
            errors=(404,),
        ),
    },
    f"{_ROOT}/delivery_reports": {
        "parameters": [_PLAN],
        "get": _operation(
            "reports",
            "List reports of recipients",
            200,
            _ref("delivery_reports_page"),
            query=[*_PAGES, *_DATES, *_FILTERS, _REFERENCE],
        ),
    },
    f"{_ROOT}/groups": {
        "parameters": [_PLAN],
        "get": _operation(
            "list_groups",
            "List groups",
            200,
            _ref("groups_page"),
            query=_PAGES,
        ),
        "post": _operation(
            "create_group",
            "Create a group",
            201,
            _ref("group"),
            body=_ref("group_request"),
            errors=(403,),
        ),
    },
    f"{_ROOT}/groups/{{id}}": {
        "parameters": [_PLAN, _GROUP],
        "get": _operation("group", "Retrieve a group", 200, _ref("group"), errors=(404,)),
        "post": _operation(
            "update_group",
            "Update a group",
            200,
            _ref("group"),
            body=_ref("group_update"),
            errors=(403, 404),
        ),
        "put": _operation(
            "replace_group",
            "Replace a group",
            200,
            _ref("group"),
            body=_ref("group_request"),
            errors=(403, 404),
        ),
        "delete": _operation("delete_group", "Delete a group", 200, None, errors=(404,)),
    },
    f"{_ROOT}/groups/{{id}}/members": {
        "parameters": [_PLAN, _GROUP],
        "get": _operation("members", "List the members of a group", 200, _TEXTS, errors=(404,)),
    },
}


@cache
def document() -> dict[str, Any]:
    """Return the document, which the sandbox serves at ``/openapi.json``.

    >>> sorted(document()["paths"])[0]
    '/xms/v1/{service_plan_id}/batches'
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "smsplan sandbox: the Sinch SMS API's batches, on this machine",
            "version": version("smsplan"),
        },
        "paths": _PATHS,
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }

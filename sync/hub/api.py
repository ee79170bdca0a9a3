"""The central record over HTTP: one route for each message, and /health."""

from __future__ import annotations

from functools import cache
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from casework.errors import BadInput
from sync import wire
from sync.hub.gate import Answered, Gate
from sync.messages.enrolling import Enrol
from sync.messages.said import Fault
from sync.messages.verbs import VERBS

_WELL = b'{"status":"ok"}'
AT_ONCE = 8
"""Requests that are worked on at a time: the database takes writers one by one."""


def make_app(gate: Gate) -> FastAPI:
    """The application; it has no pages of documentation, and errors carry a code and a sentence."""
    app = FastAPI(title="Outreach central record", docs_url=None, redoc_url=None, openapi_url=None)
    limiter: list[CapacityLimiter] = []

    async def answer(verb: str, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            body = await _body(request)
        except BadInput as fault:
            return _response(gate.refuse(verb, fault, headers), close=True)
        if not limiter:
            limiter.append(CapacityLimiter(AT_ONCE))
        address = request.client.host if request.client else ""
        answered = await to_thread.run_sync(
            gate.answer, verb, str(request.url), headers, body, address, limiter=limiter[0]
        )
        return _response(answered)

    def route(verb: str, shape: type[BaseModel]) -> None:
        async def take(request: Request) -> Response:
            return await answer(verb, request)

        app.add_api_route(
            f"/v1/{verb}",
            take,
            methods=["POST"],
            name=verb,
            openapi_extra=_described(shape),
            response_class=Response,
        )

    route("enrol", Enrol)
    for verb, shape in VERBS.items():
        route(verb, shape)

    @app.get("/health", response_class=Response)
    async def health() -> Response:
        return Response(_WELL, media_type="application/json")

    @app.exception_handler(HTTPException)
    async def plain(_: Request, error: HTTPException) -> Response:
        """A way that is not there."""
        gate.note_unknown(error.status_code)
        text = Fault(code="no-such-way", message="There is nothing here.", now="").model_dump_json()
        return Response(text, error.status_code, media_type="application/json")

    return app


async def _body(request: Request) -> bytes:
    """The body as it travels. Raises BadInput as soon as it is too large."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > wire.MOST_BODY:
        raise wire.too_large()
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > wire.MOST_BODY:
                raise wire.too_large()
    except ClientDisconnect:
        raise wire.bad_message("it broke off") from None
    return bytes(body)


def _response(answered: Answered, *, close: bool = False) -> Response:
    headers = dict(answered.headers) | ({"Connection": "close"} if close else {})
    return Response(answered.body, answered.status, headers)


@cache
def _described(shape: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": shape.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}

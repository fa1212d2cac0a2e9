"""Dry runs written down as JSON lines, and answered from there without a network.

Numbers are replaced by fictitious ones, by a key that is thrown away; texts are left out unless
they are asked for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smsplan.api.batches import Batch, TextBatch
from smsplan.api.dryruns import DryRun
from smsplan.errors import InputError, OutputError
from smsplan.live.api_error import ApiError
from smsplan.live.asking import DryRuns
from smsplan.outputs import private_opener

_DIGITS = re.compile(r"\d{5,}")
_PATH = re.compile(r"'([A-Za-z_]+(?:\[\d+\]|\.[^' ]*)?)'")


def named(text: str) -> str:
    """Return the parameter that an error's text names; empty where it names none.

    >>> named("The format of parameter 'to[0]' is invalid; value '+1' is not a valid MSISDN")
    'to[0]'
    """
    found = _PATH.search(text)
    return found.group(1) if found else ""


class Recorder:
    """Makes dry runs of another API, and writes each with its answer to a file."""

    def __init__(self, api: DryRuns, path: str | os.PathLike[str], *, bodies: bool = False) -> None:
        self._api = api
        self._path = Path(path)
        self._bodies = bodies
        self._key = secrets.token_bytes(32)
        self._known: dict[str, str] = {}
        self._taken: set[str] = set()
        self._write("", mode="w")

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Ask, and write it down."""
        request: dict[str, Any] = {"to": [self._number(to) for to in batch.to]}
        if self._bodies and isinstance(batch, TextBatch):
            request["body"] = batch.body
            if batch.parameters is not None:
                request["parameters"] = {
                    key: {self._name(to): text for to, text in values.items()}
                    for key, values in batch.parameters.items()
                }
        line: dict[str, Any] = {"request": request}
        try:
            answer = self._api.dry_run(
                batch, per_recipient=per_recipient, number_of_recipients=number_of_recipients
            )
        except ApiError as error:
            where = _DIGITS.sub(lambda found: self._number(found.group()), named(error.text))
            line["error"] = {"status": error.status, "code": error.code, "parameter": where}
            self._write(json.dumps(line) + "\n")
            raise
        made = answer.to_dict()
        for item in made.get("per_recipient", ()):
            item["recipient"] = self._number(item["recipient"])
            if not self._bodies:
                item.pop("body", None)
        self._write(json.dumps({**line, "answer": made}) + "\n")
        return answer

    def _name(self, to: str) -> str:
        return to if to == "default" else self._number(to)

    def _number(self, number: str) -> str:
        """Return the number that stands for another: of a range that is kept for fiction."""
        digits = number.lstrip("+")
        attempt = 0
        while digits not in self._known:
            text = f"{digits} {attempt}".encode()
            mixed = int.from_bytes(hmac.digest(self._key, text, hashlib.sha256)[:8])
            made = f"447700900{mixed % 10**6:06}"
            if made not in self._taken:
                self._taken.add(made)
                self._known[digits] = made
            attempt += 1
        return self._known[digits]

    def _write(self, text: str, mode: str = "a") -> None:
        try:
            with open(self._path, mode, encoding="utf-8", opener=private_opener) as out:
                out.write(text)
        except OSError as error:
            raise OutputError(
                f"'{self._path}' cannot be written: {error.strerror}; name another --record file"
            ) from None


class Replay:
    """Answers dry runs from what a :class:`Recorder` wrote, in the same order.

    The verification must be the same: of the same plan, sample and seed. ``bodies`` says whether
    texts were recorded; those that were not are not compared.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            text = Path(path).read_text(encoding="utf-8")
            self._lines = [json.loads(line) for line in text.splitlines()]
        except (OSError, ValueError):
            raise InputError(
                f"'{os.fspath(path)}' is no recorded verification; make one with --record"
            ) from None
        self._next = 0
        self.bodies = any("body" in line["request"] for line in self._lines)

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Answer the next dry run; raises InputError where another one was recorded."""
        line = self._lines[self._next] if self._next < len(self._lines) else None
        self._next += 1
        if line is None or len(line["request"]["to"]) != len(batch.to):
            raise InputError(
                "the recording is of another verification; use the same plan, sample and seed"
            )
        real = dict(zip(line["request"]["to"], (to.lstrip("+") for to in batch.to), strict=True))
        if "error" in line:
            error = line["error"]
            where = _DIGITS.sub(
                lambda found: real.get(found.group(), found.group()), error["parameter"]
            )
            text = f"'{where}'" if where else ""
            raise ApiError("dry run", error["status"], error["code"], text)
        return _answer(line["answer"], real)


def _answer(made: Mapping[str, Any], real: Mapping[str, str]) -> DryRun:
    items = made.get("per_recipient")
    if items is not None:
        items = [
            {**item, "recipient": real.get(item["recipient"], item["recipient"])} for item in items
        ]
    return DryRun.from_dict({**made, "per_recipient": items})

"""What every route of the API may answer beside its result, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class Refusal(BaseModel):
    """Why there is no answer, in the language of the console."""

    detail: str


def _describe(**reasons: str) -> dict[int | str, dict[str, Any]]:
    return {int(code[1:]): {"model": Refusal, "description": why} for code, why in reasons.items()}


REFUSALS = _describe(
    _401="Not logged in",
    _403="This account may not see it",
    _422="A parameter cannot be used",
    _503="Store or configuration cannot be read",
)
OF_CYCLE = {**REFUSALS, **_describe(_404="There is no such cycle, or nothing of that name in it")}

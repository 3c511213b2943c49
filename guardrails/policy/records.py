"""Who governs the records themselves."""

from __future__ import annotations

from domain.noun import Noun
from guardrails.policy.fields import RoleId


class Records(Noun):
    """`redact`: roles whose holders may have an entry of the ledger redacted; it always takes two people. `keys`: roles
    whose holders may begin and rotate the keys that sign it. Nobody may what no role is named for."""

    redact: tuple[RoleId, ...] = ()
    keys: tuple[RoleId, ...] = ()

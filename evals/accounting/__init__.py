"""The books: what was there before, what is there after, what was done in between; does it add up, and in what money?

Independent of the program it judges: it reads nouns only, and knows its own arithmetic."""

from evals.accounting.audit import audit
from evals.accounting.books import Finding, end_state
from evals.accounting.grants import audit_grants
from evals.accounting.money import Statement, statement
from evals.accounting.settled import Deed, audit_settled, deeds
from evals.accounting.undone import audit_undo

__all__ = [
    "Deed",
    "Finding",
    "Statement",
    "audit",
    "audit_grants",
    "audit_settled",
    "audit_undo",
    "deeds",
    "end_state",
    "statement",
]

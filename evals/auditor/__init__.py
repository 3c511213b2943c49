"""The auditor: from an export of the ledger, and the people and rules it was kept under, every law that was broken.

It shares no code with what it judges: lines are read as JSON, digests are computed here once more.
"""

from evals.auditor.audit import House, audit_ledger

__all__ = ["House", "audit_ledger"]

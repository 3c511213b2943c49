"""May this move go? Policy, verdicts, approvals, the gate and the ledger."""

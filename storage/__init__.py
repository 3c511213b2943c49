"""Our memory: cases, runs, plans, approvals, effects, the ledger and snapshots."""

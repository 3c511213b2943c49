"""The judge of the ledger: what somebody without the key does to an export, and where; by the format, not our code."""

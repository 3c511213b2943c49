"""What the ledger tells leaders."""

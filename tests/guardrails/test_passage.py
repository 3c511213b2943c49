"""The passage of a move through the gate, word for word: what the ledger keeps of it, and what every refusal says."""

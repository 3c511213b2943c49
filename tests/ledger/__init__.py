"""The ledger: its chain, its writer and its proofs."""

"""Who gets scarce stock: `allocate(demand, supply, policy)` and its bound, baselines and reasons."""

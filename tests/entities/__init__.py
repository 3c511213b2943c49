"""Several legal entities in one installation."""

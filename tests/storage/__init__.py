"""Our memory, on SQLite and on PostgreSQL."""

import pytest

pytest.register_assert_rewrite(
    "tests.connectors.conformance",
    "tests.connectors.conform_reads",
    "tests.connectors.conform_keys",
    "tests.connectors.conform_stock",
    "tests.connectors.conform_floor",
    "tests.connectors.conform_undo",
    "tests.connectors.conform_sequences",
)

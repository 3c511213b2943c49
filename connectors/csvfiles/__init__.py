"""Bring your own data: CSV files through a small declarative mapping into one Facts value. Reads only, never writes."""

from connectors.csvfiles.importing import read
from connectors.csvfiles.loading import load_mapping
from connectors.csvfiles.mapping import Mapping
from connectors.csvfiles.report import Assumed, Count, Imported, Rejected

__all__ = ["Assumed", "Count", "Imported", "Mapping", "Rejected", "load_mapping", "read"]

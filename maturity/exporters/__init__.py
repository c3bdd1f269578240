"""What leaves as a spreadsheet: the formats of the imports, so that a file can come back."""

from maturity.exporters.files import write_csv, write_xlsx
from maturity.exporters.tables import TABLES, rows_of

__all__ = ["TABLES", "rows_of", "write_csv", "write_xlsx"]

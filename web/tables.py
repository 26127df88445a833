"""Tables: files that spreadsheets open."""

import csv
import io
from unicodedata import normalize

from bottle import HTTPResponse

from web.pages import one_line

FORMULA = tuple("=+-@\t\r")  # how cells begin that a spreadsheet takes for a formula


def as_table(rows, columns):
    """Bottle's response with rows, which are dicts, as a table with these columns."""
    file = io.StringIO()
    table = csv.DictWriter(file, columns, extrasaction="ignore")
    table.writeheader()
    table.writerows({column: cell(one_line(value)) for column, value in row.items()} for row in rows)
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="mocean.csv"'}
    # Excel knows by its first bytes that it is UTF-8.
    return HTTPResponse(file.getvalue().encode("utf-8-sig"), headers=headers | {"Cache-Control": "no-store"})


def cell(text):
    """A text as a spreadsheet shall show it: what players wrote must not become a formula."""
    return f"'{text}" if normalize("NFKC", text[:1]).startswith(FORMULA) else text

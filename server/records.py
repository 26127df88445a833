"""Records: what stands in a file of SQLite, read without SQLite, so that it need not be whole.

    for row, values in records("logbook.sqlite3"):
        print(row, values)                             # None ['abcdefgh', '{"name": "ada", "x": 450.0, ...']

SQLite finds rows from above. The first page of a file says in which pages the tables begin, these name others, and only
those at the bottom hold the rows. So one bad page hides all that is below it. This looks at every page by itself.
What was deleted isn't found again, as there are zeros in its place: see `secure_delete` in logbook.py.

https://sqlite.org/fileformat2.html describes the format. In short, with the highest byte of each number first:

- A file is cut into *pages* of the same size. The newest ones may still be in the WAL: see `newest_pages`.
- A page begins with its kind. If it holds rows, it says where its *cells* begin, one for each row: see `cells_of`.
- In a cell is the number of the row, if the table has those, and a record. What doesn't fit goes on in another page,
  which begins with the number of the next one: see `read_cell`.
- A *record* says of what kinds its values are, and then has the values: see `read_record`.
- A *varint* is a number of 1 to 9 bytes, with 7 bits in each. The highest bit says that another byte follows.
"""

import struct
from contextlib import suppress

MAGIC = b"SQLite format 3\0"  # how a file begins
PAGE = 4096  # bytes: the size of a page, unless somebody has chosen another one
ROWS, INDEX, UPPER_INDEX = 13, 10, 2  # kinds of pages. Tables WITHOUT ROWID are kept as if they were an index
SIZES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}  # bytes, by the kind of a value
NONSENSE = (ValueError, LookupError, struct.error)  # what comes of reading a bad page


def records(file):
    """All records in a file and its WAL, each as the number of its row, or None, and a list of values."""
    pages, size = newest_pages(file)
    for page, kind, place in cells_of(pages):
        with suppress(*NONSENSE):
            row, payload = read_cell(pages, size, page, kind, place)
            yield row, read_record(payload)


def newest_pages(file):
    """The newest bytes of each page of a file by its number, from 1 on, and how many bytes a page has.

    The WAL begins with 32 bytes. From the 16th on, 8 are its *salt*: another one each time when SQLite begins it anew.
    Then come pages, each behind 24 bytes: the number of the page; how many pages the file has if a transaction ends
    here, else 0; and the salt. What comes behind the last end of a transaction, or has an older salt, doesn't count.
    """
    main, wal = read_bytes(file), read_bytes(f"{file}-wal")
    size = number_at(main, 16, 2) if main.startswith(MAGIC) else number_at(wal, 8, 4)
    size = 65536 if size == 1 else size if size in (512, 1024, 2048, 4096, 8192, 16384, 32768) else PAGE
    pages = {place // size + 1: main[place : place + size] for place in range(0, len(main) - size + 1, size)}
    written, salt = {}, wal[16:24]
    for place in range(32, len(wal) - size - 23, 24 + size):
        if wal[place + 8 : place + 16] != salt:
            break
        written[number_at(wal, place, 4)] = wal[place + 24 : place + 24 + size]
        count = number_at(wal, place + 4, 4)
        if count:
            pages = {number: page for number, page in {**pages, **written}.items() if number <= count}
            written.clear()
    return pages, size


def cells_of(pages):
    """The cells of all pages that hold records, each as its page, the kind of that, and where in it the cell begins."""
    for number, page in pages.items():
        start = 100 if number == 1 else 0  # the file's own header is 100 bytes long
        kind = page[start]
        if kind in (ROWS, INDEX, UPPER_INDEX):
            places = start + (12 if kind == UPPER_INDEX else 8)
            for cell in range(number_at(page, start + 3, 2)):
                yield page, kind, number_at(page, places + 2 * cell, 2)


def read_cell(pages, size, page, kind, place):
    """The number of the row in a cell, or None, and all bytes of its record. Raises one of NONSENSE."""
    row = None
    if kind == UPPER_INDEX:
        place += 4  # the number of a page below
    length, place = varint_at(page, place)
    if kind == ROWS:
        row, place = varint_at(page, place)
    here = bytes_here(length, kind, size)
    payload, link = page[place : place + here], place + here
    while len(payload) < length:
        page, link = pages[number_at(page, link, 4)], 0
        payload += page[4 : 4 + length - len(payload)]
    return row, payload


def bytes_here(length, kind, size):
    """How many bytes of a record of this length are in its cell: of a long one, so many that its last page is full."""
    most = size - 35 if kind == ROWS else (size - 12) * 64 // 255 - 23
    if length <= most:
        return length
    least = (size - 12) * 32 // 255 - 23
    fitting = least + (length - least) % (size - 4)
    return fitting if fitting <= most else least


def read_record(payload):
    """The values of a record. Raises one of NONSENSE.

    >>> read_record(bytes([4, 0, 1, 19, 255]) + b"ada")  # in 4 bytes: nothing, a number of 1 byte, a text of 3
    [None, -1, 'ada']
    """
    end, place = varint_at(payload, 0)
    kinds, values = [], []
    while place < end:
        kind, place = varint_at(payload, place)
        kinds.append(kind)
    for kind in kinds:
        size = SIZES[kind] if kind < 12 else (kind - 12) // 2
        values.append(read_value(kind, payload[place : place + size]))
        place += size
    if place != len(payload):
        raise ValueError("a record is not as long as it says")
    return values


def read_value(kind, data):
    """A value from its bytes: None, a number, a text or bytes."""
    if kind == 0:
        return None
    if kind == 7:
        return struct.unpack(">d", data)[0]
    if kind in (8, 9):  # the numbers 0 and 1 need no bytes
        return kind - 8
    if kind < 12:
        return int.from_bytes(data, "big", signed=True)
    return data.decode() if kind % 2 else data


def varint_at(data, place):
    """The varint at a place, and the place behind it.

    >>> varint_at(bytes([129, 0]), 0)
    (128, 2)
    """
    number = 0
    for _ in range(8):
        byte, place = data[place], place + 1
        number = number << 7 | byte & 127
        if byte < 128:
            return number, place
    return number << 8 | data[place], place + 1


def number_at(data, place, size):
    """The number in so many bytes at a place."""
    return int.from_bytes(data[place : place + size], "big")


def read_bytes(name):
    """What is in a file: nothing, if there is none."""
    with suppress(FileNotFoundError), open(name, "rb") as file:
        return file.read()
    return b""

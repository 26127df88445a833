"""QR codes: a URL as a picture, for whoever has a phone. Without the package segno, pages have none."""

from functools import lru_cache

try:
    import segno
except ImportError:
    segno = None

LONGEST = 200  # characters of a URL. A longer one would make a picture too fine to read.


@lru_cache(maxsize=64)
def as_svg(url):
    """A URL as the text of an SVG element, or "": dark on white, with the white edge that phones look for."""
    if not segno or len(url) > LONGEST:
        return ""
    code = segno.make(url, micro=False)
    return code.svg_inline(omitsize=True, light="#fff", svgclass="qr", lineclass=None, title=f"QR code of {url}")

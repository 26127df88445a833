"""Headers: what every reply, page and file tells the browser, so that no other site can misuse it.

They are the same for all, so they are added at once, in the end.
"""

HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),  # a URL may hold an id
    ("Cross-Origin-Resource-Policy", "same-origin"),  # no page of another site gets a reply
    ("Cross-Origin-Opener-Policy", "same-origin"),  # nor may it hold on to the window of ours
    ("X-Frame-Options", "DENY"),  # or show it in a frame
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
]


def with_headers(app):
    """The same WSGI app, with HEADERS in each reply."""

    def application(environ, start_response):
        # After a bug Bottle passes it on as a third argument. The log has it already, and uWSGI would send nothing.
        return app(environ, lambda status, headers, _=None: start_response(status, headers + HEADERS))

    return application

"""Headers: what every reply, page and file tells the browser, so that no other site can misuse it."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A worker goes by the policy of its own script's reply. That of the page /python may compile WebAssembly: its Python.
POLICY_OF_PYTHON = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-ancestors 'none'"
)

HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin"),  # who asks, but not by which URL: that may hold an id
    ("Cross-Origin-Resource-Policy", "same-origin"),  # no page of another site gets a reply
    ("Cross-Origin-Opener-Policy", "same-origin"),  # nor may it hold on to the window of ours
    ("X-Frame-Options", "DENY"),  # or show it in a frame
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Content-Security-Policy", POLICY),
]

"""A request on its way to a reply.

application.py  the whole way, from URL to reply: read this first
request.py      what is known of one request
guards.py       requests that no route should see
limits.py       how often one may ask
session.py      who asks, and what a browser remembers
routes.py       what a route takes, by its function's signature
params.py       what the value of a key can be: a number, a text ...
replies.py      a reply as text, JSON or page
pages.py        pages, with the templates in views/ and the files in static/
headers.py      what every reply tells the browser, for safety
errors.py       what can go wrong, and the status of each error
openapi.py      the rules as a file for programs
admin.py        what the club's leader can see and do
development.py  a simple server, to try a change
"""

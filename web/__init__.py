"""A request on its way to a reply.

application.py  the whole way, from URL to reply: read this first
request.py      what was sent, whether any route should see it, and who asks
routes.py       what a route takes, by its function's signature
replies.py      what a route returns, as text, JSON or page
pages.py        pages, with the templates in views/ and the files in static/
activity.py     what each sailor has asked lately
reasons.py      who needs help, and why
glance.py       the class at a glance
tables.py       files for spreadsheets
awards.py       who has earned which badge
session.py      how somebody comes aboard and leaves
limits.py       how often one may ask
headers.py      what every reply tells the browser, for safety
errors.py       what can be wrong with a request, and the status of each error
metrics.py      numbers for whoever watches the server
openapi.py      the rules as a file for programs
python.py       the page on which a browser runs Python
admin.py        what the club's leader can see and do
mistakes.py     where a mistake is, for whoever has made it
patience.py     how long a route may take
trial.py        loads the program and asks all its routes, before a server takes it over
development.py  a simple server, to try a change
"""

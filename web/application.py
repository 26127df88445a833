"""The application: the way of a request, from its URL to its reply.

    application = Application(settings, logbook, [mocean.app, steps.app])

uWSGI calls it with each request, as WSGI says (PEP 3333). Read `__call__` first: it is the whole way.
"""

import logging
from contextlib import suppress
from math import inf
from time import perf_counter, time

import bottle

from game.errors import BadValue, Problem
from game.moderation import Moderator
from game.ocean import Ocean
from web import admin, mistakes, pages
from web.activity import Activity
from web.awards import Awards
from web.errors import MISTYPED, BadMethod, Bug, NoRoute, guess, show, status_of
from web.limits import Limits
from web.metrics import Metrics
from web.patience import TooSlow
from web.replies import Shared, render
from web.request import Request
from web.routes import Route

QUIET = 60  # seconds without a request, after which nobody plays or looks on
MOST_REFUSALS = 1000  # lines of the log that are remembered

log = logging.getLogger(__name__)


class Application:
    """A game: an ocean with its logbook, and the routes of some Bottle apps, its `parts`.

    `clock` returns the time in seconds. `silent_closing` says after which requests whoever serves us closes the
    connection without a word: "all", "some" or none (""). Then the reply says it, or the next request would fail.
    `badges` are those that sailors can earn, and `lessons` those of the class, by number. `saved_problem`, in the
    workshop only, returns what is wrong with the program as it was saved last, or "". `ways_in` returns the addresses
    by which computers in the room reach us.
    """

    def __init__(
        self,
        settings,
        logbook,
        parts,
        clock=time,
        silent_closing="",
        badges=(),
        lessons=(),
        saved_problem=None,
        ways_in=list,
    ):
        self.settings, self.logbook, self.clock, self.silent_closing = settings, logbook, clock, silent_closing
        self.limits, self.metrics = Limits() if settings.limits else None, Metrics()
        self.moderator = Moderator(settings.languages, settings.rude_words)
        self.awards, self.lessons, self.saved_problem = Awards(badges), dict(lessons), saved_problem
        self.ways_in = ways_in
        self.activity = Activity(settings.word, settings.harbour_key) if settings.harbour_key else None
        # The first request reads the ocean: uWSGI forks each worker from a program that has not read the logbook. It is
        # None again when the ocean has to become what the logbook says.
        self.ocean = None
        self.said = ()  # what the leader could read before, as no logbook has that
        self.began = None  # the time of the first request
        self.last_asked = clock()  # the time of the last one that no monitor sent
        self.refused = {}  # since when, and how often, by line of the log
        self.shared = Shared()
        self.router, self.routes = bottle.Bottle(), {}
        for part in [*parts, pages.app]:
            self.add(part)
        self.lock = None
        if settings.harbour_key:
            self.lock = admin.Lock(settings.harbour_key, settings.harbour_token, self.limits)
            self.add(admin.app, guard=self.lock.open)
        self.puzzles = [rule[1:] for rule, route in self.routes.items() if "puzzles" in route.others]
        # What finds out who asks, where it isn't Request.identify.
        self.who_asks = {rule: route.who for rule, route in self.routes.items() if route.who}
        self.public_names = tuple(route.rule[1:] for route in self.public_routes())
        for route in self.routes.values():
            if lost := {f"/{name}" for name in route.then} - self.routes.keys():
                why = f"The page of {route.rule} can't go on with {', '.join(lost)}: there is no such route."
                raise mistakes.Mistake(why, route.function)

    def add(self, part, guard=None):
        """Take the routes of a Bottle app. A guard looks at each request to them before they see it."""
        for route in part.routes:
            if route.rule in self.routes:
                other = mistakes.place_of(self.routes[route.rule].function)
                why = f"There are two routes {route.rule}, and {other} has the other. Give one another name."
                raise mistakes.Mistake(why, route.callback)
            ours = Route(route.rule, route.callback, guard, **route.config)
            self.router.route(route.rule, route.method, ours)
            self.routes[route.rule] = ours

    def __call__(self, environ, start_response):
        """The way of a request. Whatever goes wrong on it is undone, and explained."""
        began = perf_counter()
        bottle.request.bind(environ)  # so that a route may use whatever Bottle's manual shows
        request = Request(environ, self)
        try:
            request.read()
            if not self.ocean:
                self.open_ocean()
            ocean = request.ocean = self.ocean
            ocean.now = self.clock()
            self.who_asks.get(request.path, Request.identify)(request)
            if ocean.crew.changes:  # somebody woke, which stays so whatever the route does
                self.write(request)
            found, parts = self.router.match({"REQUEST_METHOD": request.method, "PATH_INFO": request.path})
            request.route = found.callback
            status, headers, body = self.reply_to(request, parts)
            self.write(request)
            if request.asker and not request.route.is_secret:
                ocean.crew.asked[request.asker.id] = request.route.in_public(request.sent)
            if self.activity:
                self.note(request)
        except (Exception, SystemExit, TooSlow) as error:  # exit() in a route would end everybody's voyage
            self.undo(error)
            status, headers, body = self.explain(request, error)
        self.metrics.count(request, status, perf_counter() - began)
        if self.silent_closing == "all" or (self.silent_closing and request.is_last()):
            headers = [*headers, ("Connection", "close")]
        start_response(status, headers)
        return [body] if request.method != "HEAD" else []

    def reply_to(self, request, parts):
        """The status line, headers and body of the reply: made now or, if it is shared, for somebody just before."""
        key = request.route.is_shared and request.key_to_share()
        reply = key and self.shared.find(key, request.address, request.ocean.now)
        if not reply:
            result = request.route.call(request, parts)
            # While the logbook can't be written, those who only look shall not fail by a badge.
            if request.asker and request.method == "GET" and not self.logbook.failure:
                result = self.awards.after(request, result)
            request.result = result
            reply = render(request, result)
            if key:
                self.shared.replies[key] = reply
        return reply

    def write(self, request):
        """Write to the logbook what has changed. Whoever changed it gets no reply that was made before."""
        began = perf_counter()
        if self.logbook.write(request.ocean):
            self.metrics.commits.add(perf_counter() - began)
            self.shared.note_change(request.address, request.ocean.now)

    def open_ocean(self):
        """Have an ocean, as the logbook says. Raises LogbookProblem."""
        now = self.clock()
        self.began = self.began or now
        settings, chat_pace = self.settings, self.limits and self.limits.chat
        ocean = Ocean(
            settings.most_awake,
            chat_pace,
            self.moderator,
            settings.most_per_address,
            settings.keep_days,
            settings.seed,
        )
        ocean.world.began = now  # unless the logbook knows better
        self.logbook.read(ocean, now)
        ocean.mail.last_said.extend(self.said)
        self.ocean = ocean

    def is_quiet(self):
        """True if no ship is awake, and nobody has asked for a while."""
        now = self.clock()
        return abs(now - self.last_asked) > QUIET and not (self.ocean and self.ocean.crew.awake(now))

    def was_sailed(self):
        """True if somebody has sailed since the server started."""
        return bool(self.ocean) and any(sailor.heard >= self.began for sailor in self.ocean.crew.by_id.values())

    def close(self):
        """Write what was not worth a write of its own, and close the logbook."""
        with suppress(Problem):
            if self.ocean:
                self.logbook.flush(self.ocean)
        self.logbook.close()

    def undo(self, error):
        """Forget what has changed since the logbook was written."""
        if isinstance(error, TooSlow):  # it may have come between a change and the note of it
            self.forget_all("a route was ended while it was at work")
            return
        try:
            if self.ocean and self.logbook.is_behind(self.ocean):
                self.logbook.undo(self.ocean)
        except Exception as problem:  # whatever the route has done
            self.forget_all(problem)

    def forget_all(self, why):
        """Let the next request read everything again."""
        log.warning("The whole logbook has to be read: %s", why)
        self.ocean, self.said = None, self.ocean.mail.last_said

    # -- When something goes wrong

    def explain(self, request, error):
        """The reply to whatever went wrong, as `render` returns it."""
        if isinstance(error, bottle.HTTPResponse) and not isinstance(error, bottle.HTTPError):
            return render(request, error)  # a redirection, say
        request.headers, request.remembered = [], {}  # nothing has happened that the browser could remember
        problem = error if isinstance(error, Problem) else self.problem_of(request, error)
        status, request.error = status_of(problem), problem.word
        self.write_to_log(request, problem, status)
        if self.activity:
            self.note(request, problem)
        self.awards.note_problem(request, problem)
        if status == 405:
            request.headers.append(("Allow", "GET, HEAD"))
        if "wait" in problem.fields:
            request.headers.append(("Retry-After", str(problem.fields["wait"])))
        reply = {"ok": False, "error": problem.word, "reply": str(problem), **problem.fields}
        return render(request, {**reply, "try": self.way_out(request, problem)}, status)

    def problem_of(self, request, error):
        """The Problem that fits an error of Bottle's, or of the program: that one is written to the log."""
        status = getattr(error, "status_code", 500)
        if status == 404:
            return self.no_route(request.path)
        if status == 405:
            return BadMethod(f"The method {show(request.method)} does not work here. Use GET.", request.path[1:])
        if status < 500:
            return BadValue(str(error.body), "")
        log.error("The route %s has a bug:", request.rule, exc_info=error)
        if not request.is_in_workshop:
            return Bug("The server has a bug: this is not your fault. Your club leader finds it in the log.", "")
        bug = Bug(f"The route {request.rule} has a bug. {mistakes.in_words(error)}", "")
        bug.fields = {"traceback": mistakes.frames(error)}
        return bug

    def no_route(self, path):
        """The Problem with a path that leads nowhere, with what was probably meant."""
        meant = guess(path[1:41], self.public_names)
        hint = f"Did you mean /{meant}?" if meant else "The front door / shows where to start."
        return NoRoute(f"There is no route {show(path)} here. {hint}", meant)

    def note(self, request, problem=None):
        """Let the leader see what a sailor does, but no part of a path that isn't a route, as in the log."""
        sailor = request.sender if problem else request.asker
        if sailor and not request.is_leader:
            said = f"There is no route like that, but /{problem.instead}." if isinstance(problem, NoRoute) else problem
            self.activity.note(request, self.ocean, sailor, str(said or ""))

    def write_to_log(self, request, problem, status):
        """Write a line about a problem; about thousands of the same, a line a second.

        It has no part of a path that isn't a route, as somebody may have typed an id or chat there.
        """
        line = f"{request.method[:10]} {request.rule} {status} {problem.word}"
        now, (since, number) = self.clock(), self.refused.pop(line, (-inf, 0))
        if 0 <= now - since < 1:
            self.refused[line] = since, number + 1
        else:
            self.refused[line] = now, 0
            log.info("%s%s", line, f" ({number} more)" if number else "")
        if len(self.refused) > MOST_REFUSALS:
            del self.refused[next(iter(self.refused))]

    def way_out(self, request, problem):
        """A URL that works for whoever asked: what the problem proposes, or else the same route with what was right."""
        name, route, keys = problem.instead, request.route, problem.keys
        if name is not None or not route:
            route = self.routes.get(f"/{name or ''}", self.routes["/"])
        if isinstance(problem, MISTYPED) and (name is None or isinstance(problem, NoRoute)):
            keys = self.mended(request, route)
        if route.guard and not request.is_leader:
            route = self.routes["/"]
        # An id that was not looked up, as somebody asked too fast, is echoed: so nobody learns whether it is right.
        if route.needs_sailor and (request.stranger or not (request.id or "id" in keys)):
            route, keys = self.routes["/join"], {}
        if route.rule == "/join" and self.settings.word and keys.keys().isdisjoint(("id", "word")):
            route = self.routes["/"]  # nobody but the leader can give an example of a join that works
        if not problem.keys:
            route = self.routes.get(f"/{route.instead}", route)
        is_found = route.needs_sailor and not request.id and "id" in keys  # under a key that was misspelled
        return route.example(request.ocean, {"id": keys["id"]} if is_found else request.identity(route), **keys)

    def mended(self, request, route):
        """What was sent, as far as the route can take it, under the keys that were probably meant."""
        keys = route.fitting(request.sent)
        if "id" in keys and "id" in request.sent:
            del keys["id"]
            if request.asker and not route.needs_sailor:  # who comes back: the id fits only one name
                keys |= {"name": request.asker.name, "id": request.asker.id}
        return pages.without_secrets(request, keys)

    # -- The rules

    def public_routes(self):
        """All routes except those that are secret, which players have to find."""
        return [route for route in self.routes.values() if not route.is_secret]

    def rules(self, request):
        """All public routes, each with its keys, what it does, and a URL to try."""
        return [
            {
                "route": route.rule,
                "keys": route.names,
                "does": route.does,
                "example": self.example(request, route),
            }
            for route in self.public_routes()
        ]

    def example(self, request, route):
        """A URL that works as it stands, except that nobody is told the club word."""
        word = {"word": "CLUB-WORD"} if route.rule == "/join" and self.settings.word else {}
        return route.example(request.ocean, request.identity(route), **word)

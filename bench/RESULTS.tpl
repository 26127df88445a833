# How fast Mocean is

Written by `make bench` on {date}: {machine}.

Everything here ran in one go on one computer, the load beside the servers, over the loopback network: the contestants
in turns, {rounds} rounds. A figure is the median of its turns, and ± is half the way from the lowest to the highest.
A ratio is the median of those of the rounds. *CPU µs a request* is what all processes of a server used, in user and
kernel, for one request: the figure to look at when a computer is noisy. Requests a second depend on what else the
computer does, the load itself included.

![The figures as a picture](results.png)

## What was aimed at

{targets}

## Mocean, its limit and its peers

Bare WSGI and bare Bottle answer `Hello` under the options of our `uwsgi.ini`. The peers serve a game with the same
routes and fields, but without logbook, limits, checks and security headers (see `bench/peers/game.py`), each in the
way that its documentation recommends. Mocean ran with `MOCEAN_LIMITS=off`, as ten sailors asked thousands of times a
second. `wrk` asked with {connections} connections, a new one for each request, as `requests.get` does; in the second
table it kept them open, where the server allows that. *By requests* are four loops of `requests.get` in one process.
{race}
Where others are ahead:

- aiohttp, asked as fast as it can answer: it is one process, where a request to Mocean goes from the router to the
  worker and back. That hop is what keeps slow and hostile clients away from the ocean. At the pace of students'
  programs Mocean needs less.
- aiohttp again, with connections kept open: it saves what a new connection costs. The router of uWSGI could keep them
  too (`http-keepalive`, see the last table), but after a request with a body it closes the connection without saying
  so, and the next request of a `requests.Session` fails.
- In chat, some peers need less CPU time, as their mail is in memory only. Ours is in the logbook before the sender
  hears that it was sent. To be ahead there we would have to write after the reply, and a crash could lose a message.
- Bare Bottle: Mocean reads and checks keys, knows who asks, works out a place, and compares the sailor with the
  logbook. Each of these is a few microseconds of Python, and none stands out.

## What each route costs with more sailors

CPU µs a request with so many ships spread over the ocean. `heading`, `sendchat`, `join` and `quit` write to the
logbook before they answer. What `who` and `chart` tell grows with the ships, so their cost does too.

{growth}

## A class and a school

Each sailor asks twice a second: mostly `location`, one time in 20 `sendchat`, one time in 20 `heading`. The columns
on the right are shares of one core: the part that comes to 100 % first is what limits the rest. The generator is
`wrk`, or in the first row 30 loops of `requests.get`.

{school}

## Start

From the command `uwsgi` to the first reply.

{start}

## The options of uWSGI

Each with one line of `uwsgi.ini` changed, asked for `location`. The safest that isn't measurably slower is taken:

- `http` without `http-keepalive`: see above. It would bring something only to clients that keep connections open.
- Not `http-socket`: without the router a slow client would keep everybody waiting.
- `listen` and `buffer-size` make no difference here, so they are large: for a crowd at the door, and so that long
  URLs hear a sentence.
- One thread: more would need locks in the ocean, and bring nothing, as Python runs one at a time.
- A log only of what went wrong: a line for each request costs more than the ocean does.

{options}

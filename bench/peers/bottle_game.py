"""Bottle, for wsgiref (how the club started) and waitress."""

import sys

from bottle import Bottle, request, response

from bench.peers.game import Game, Unknown

app, game = Bottle(), Game()


def known(play, **keys):
    """The reply of the game, or 404."""
    try:
        return play(request.query.id, **keys)
    except Unknown:
        response.status = 404
        return {"ok": False, "error": "unknown-id", "reply": "No sailor has this id."}


@app.get("/join")
def join():
    return game.join(request.query.name)


@app.get("/location")
def location():
    return known(game.location)


@app.get("/sendchat")
def sendchat():
    return known(game.sendchat, message=request.query.message)


@app.get("/popchat")
def popchat():
    return known(game.popchat)


if __name__ == "__main__":
    app.run(server=sys.argv[1], host="127.0.0.1", port=int(sys.argv[2]), quiet=True)

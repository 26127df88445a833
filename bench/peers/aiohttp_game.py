"""aiohttp, with its own server."""

import sys

from aiohttp import web

from bench.peers.game import Game, Unknown

routes, game = web.RouteTableDef(), Game()


def known(play, request, **keys):
    """The reply of the game, or 404."""
    try:
        return web.json_response(play(request.query["id"], **keys))
    except Unknown:
        return web.json_response({"ok": False, "error": "unknown-id", "reply": "No sailor has this id."}, status=404)


@routes.get("/join")
async def join(request):
    return web.json_response(game.join(request.query["name"]))


@routes.get("/location")
async def location(request):
    return known(game.location, request)


@routes.get("/sendchat")
async def sendchat(request):
    return known(game.sendchat, request, message=request.query["message"])


@routes.get("/popchat")
async def popchat(request):
    return known(game.popchat, request)


if __name__ == "__main__":
    app = web.Application()
    app.add_routes(routes)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)

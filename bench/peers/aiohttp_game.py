"""The game with aiohttp and its own server."""

import sys

from aiohttp import web

from bench.peers.game import ROUTES, Game

app, game = web.Application(), Game()


async def answer(request):
    fields, status = game.answer(request.path[1:], request.query)
    return web.json_response(fields, status=status)


app.add_routes([web.get(f"/{route}", answer) for route in ROUTES])

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)

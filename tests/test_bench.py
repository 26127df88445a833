"""The benchmark is fair, and leaves nothing behind."""

from bench.load import join, students
from bench.peers.game import Game
from bench.servers import MOCEAN, run


def test_the_peers_play_the_same_game(player):
    game = Game()
    theirs, ours = game.join("ada")["id"], player.join("ada")
    assert set(game.join("bob")) == set(player.json("/join", name="bob"))
    assert set(game.location(theirs)) == set(player.json("/location", id=ours))
    assert set(game.sendchat(theirs, "hello")) == set(player.json("/sendchat", id=ours, message="hello"))
    assert set(game.popchat(theirs)) == set(player.json("/popchat", id=ours))


def test_a_server_is_measured_and_ended():
    with run(MOCEAN) as server:
        [id] = join(server, 1)
        turn = students(server, [f"/location?id={id}"], seconds=0.3)
        assert turn.errors == 0
        assert sum(server.cpu().values()) > 0  # its start alone takes long enough to be counted
        assert server.memory() > 1
        assert len(server.processes()) == 3  # master, worker and router
    assert server.process.returncode is not None
    assert not server.folder.exists()

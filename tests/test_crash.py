"""The server is killed while editors publish; benchmarks/crash.py does that at length."""

import secrets
import time

import pytest

from tests.browser.server import Server
from tests.crashing import Newsroom, what_is_amiss, what_readers_miss

MOVES, KILLS = 20, 2


@pytest.mark.django_db(transaction=True)
def test_nothing_acknowledged_is_lost_and_nothing_half_published_when_the_server_is_killed():
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    newsroom, server = Newsroom(seed, editors=3), Server()
    server.start()
    try:
        newsroom.start(server.url)
        for _kill in range(KILLS):
            time.sleep(newsroom.random.uniform(0.3, 1.2))
            server.kill()
            server.start()
        while newsroom.made() < MOVES:
            time.sleep(0.05)
        newsroom.pause()
        # A change is seen within a second.
        time.sleep(1)
        assert what_readers_miss(server.url) == []
    finally:
        newsroom.end()
        server.kill()
    assert what_is_amiss(newsroom) == []

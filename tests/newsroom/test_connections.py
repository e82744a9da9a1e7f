"""The database's connections, which cost as much as half a page to make."""

from threading import Thread

import pytest
from django.db import connections
from django.db.backends.signals import connection_created

from tests.newsroom.cached_site import DJANGO, answer, request


@pytest.mark.django_db(transaction=True)
def test_requests_of_one_thread_use_one_connection():
    made, statuses = [], []

    def count(connection, **_of_the_signal):
        made.append(connection.alias)

    def read():
        statuses.extend(answer(DJANGO, request("/")).status for _ in range(3))
        connections.close_all()

    connection_created.connect(count)
    try:
        reader = Thread(target=read)
        reader.start()
        reader.join()
    finally:
        connection_created.disconnect(count)
    assert statuses == [200] * 3
    assert made == ["default"]

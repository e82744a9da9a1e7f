"""What several people do at the same moment."""

import threading

from django.db import connection


def at_once(*acts):
    """Call each function in a thread of its own, all at the same moment; return their answers."""
    barrier, answers = threading.Barrier(len(acts)), []

    def run(act):
        barrier.wait()
        try:
            answers.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers

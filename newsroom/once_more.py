"""What somebody sends, taken once more where another was there first."""

from functools import wraps

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, OperationalError

from newsroom.headers import take_back_messages

# PostgreSQL's code (its manual, appendix A) for one of two who waited for each other.
DEADLOCK = "40P01"


def once_more(view):
    """Return a view that takes what is sent once more if another came in between.

    What it names may have been deleted since its form was read, or what it makes made: the
    database refuses it, and asked again, the form says why. Nothing is taken twice that is
    saved by then.
    """

    @wraps(view)
    def taken(request, *args, **kwargs):
        # What is sent can be read once.
        _sent, before = request.POST, {**vars(request)}
        try:
            return view(request, *args, **kwargs)
        except (IntegrityError, ObjectDoesNotExist, OperationalError) as error:
            if getattr(request, "has_saved", True) or not _was_overtaken(error):
                raise
        take_back_messages(request)
        # Views note on a request what they have found and done.
        vars(request).clear()
        vars(request).update(before)
        return view(request, *args, **kwargs)

    return taken


def _was_overtaken(error):
    code = getattr(error.__cause__, "sqlstate", None)
    return code == DEADLOCK or not isinstance(error, OperationalError)

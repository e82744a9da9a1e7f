"""What a form carries along in a hidden field, as JSON."""

import json


def read_object(text):
    """Return the object that a hidden field holds, as a dict; {} where it holds none."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

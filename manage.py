#!/usr/bin/env python
"""Django's command line for this newsroom."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import Error

    expected = () if "--traceback" in sys.argv else (ImproperlyConfigured, Error, OSError)
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        # The status that shells have for whoever is ended so.
        print("\nStopped before it was done.", file=sys.stderr)
        sys.exit(130)
    except expected as error:
        words = str(error).strip()
        if isinstance(error, Error):
            words = f"The database failed: {words}\n(--traceback says where.)"
        sys.exit(words)


if __name__ == "__main__":
    main()

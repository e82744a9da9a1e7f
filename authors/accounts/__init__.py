"""Signing in at the desk: passwords, passkeys, codes and sessions, on top of django-allauth."""

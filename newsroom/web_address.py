"""Addresses of pages elsewhere, as a field: nothing but the web's own schemes.

A browser runs the address of a link that begins with ``javascript:``, and shows what stands
in one that begins with ``data:``.
"""

from django.core.validators import URLValidator
from django.db.models import CheckConstraint, Q, URLField

SCHEMES = ["http", "https"]


class WebAddressField(URLField):
    """A URLField that takes http and https alone; its model adds ``web_address_constraint``."""

    default_validators = [URLValidator(schemes=SCHEMES)]


def web_address_constraint(field, name):
    """Return the constraint that holds a field to the schemes, whatever way a row comes in."""
    condition = Q(**{field: ""})
    for scheme in SCHEMES:
        condition |= Q(**{f"{field}__istartswith": f"{scheme}://"})
    return CheckConstraint(condition=condition, name=name)

"""The authors' profiles, as the newsroom has them: with addresses that outlive a new slug.

The app ``authors`` knows nothing of articles, so what articles add to its admin stands here.
"""

from django.contrib import admin

from authors.admin import AuthorAdmin as ProfileAdmin
from authors.models import Author

from .former_slugs import FormerSlugs

admin.site.unregister(Author)


@admin.register(Author)
class AuthorAdmin(FormerSlugs, ProfileAdmin):
    pass

"""A story's page for somebody who may see the story and not change it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from articles.body import show_in_words
from articles.models import Image
from articles.models.body_field import image_ids

from .article_form import NOTED
from .differences import at_the_desk


class ReadingPages(admin.ModelAdmin):
    """The part of the article's admin that shows a story as text, not as what its form holds."""

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (
                title,
                options
                | {
                    "fields": [
                        "body_as_written" if field == "body" else field
                        for field in options["fields"]
                        if field not in NOTED
                    ]
                },
            )
            for title, options in fieldsets
        ]

    @admin.display(description=gettext_lazy("Body"))
    def body_as_written(self, article):
        pictures = Image.objects.filter(pk__in=image_ids(article.body))
        return show_in_words(article.body, dict(pictures.values_list("pk", "title")), at_the_desk)

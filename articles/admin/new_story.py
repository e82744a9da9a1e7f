"""What a new story begins with, so that a reporter on deadline need not say it again."""

from django.contrib import admin

from articles.models import Article, ArticleByline
from authors.models import Author
from newsroom.keys import read_key


class NewStoryDefaults(admin.ModelAdmin):
    """The part of the article's admin that fills in a new story's form.

    The byline has the person's own profile, if they have one; the section is that of
    the story they began last.
    """

    def get_changeform_initial_data(self, request):
        latest = Article.objects.filter(created_by=request.user).order_by("-changed_at").first()
        section = {"section": latest.section_id} if latest else {}
        asked = super().get_changeform_initial_data(request)
        # An address may begin a story with words and choices; what is no choice is left out.
        for name in ("section", "series", "lead_image"):
            if name in asked and read_key(asked[name]) is None:
                del asked[name]
        asked.pop("embargoed_until", None)
        return section | asked

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        # A form that was sent says for itself what it holds: only the shown one has defaults.
        if inline.model is ArticleByline and not obj.pk and request.method == "GET":
            profile = Author.objects.filter(user=request.user).first()
            if profile:
                kwargs["initial"] = [{"author": profile.pk}]
        return kwargs

    def get_formsets_with_inlines(self, request, obj=None):
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            if inline.model is ArticleByline and obj is None:
                formset.extra = int(Author.objects.filter(user=request.user).exists())
            yield formset, inline

"""The article form and list: where stories are written and found."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from js_asset import Media

from articles.models import Article, State
from newsroom import people
from newsroom.moments import MomentField

from .article_form import NOTED, ArticleForm
from .checklist import ChecklistPages
from .deleted import DeletedStories
from .front_page_action import FrontPageAction
from .gate import StoryGate
from .handovers import ReviewPages
from .history import HistoryPages
from .inlines import BylineInline, CorrectionInline, RelatedReadInline
from .keeping import KeepingPages
from .lead_image import LeadImageField
from .links_to_previews import PreviewLinkPages
from .merging import MergePages
from .moves import latest_move
from .new_story import NewStoryDefaults
from .reading import ReadingPages
from .state import list_time, state_in_words
from .story_filters import AuthorFilter, LiveSinceFilter, SeriesFilter, StateFilter
from .story_links import StoryLinks
from .story_list import StoryListPages
from .story_tags import StoryTags
from .suggestions import Suggestions
from .writing import WritingTools


@admin.register(Article)
class ArticleAdmin(
    KeepingPages,
    MergePages,
    NewStoryDefaults,
    LeadImageField,
    PreviewLinkPages,
    Suggestions,
    ReviewPages,
    ChecklistPages,
    FrontPageAction,
    StoryTags,
    StoryLinks,
    WritingTools,
    HistoryPages,
    DeletedStories,
    StoryListPages,
    ReadingPages,
    StoryGate,
):
    form = ArticleForm
    formfield_overrides = {
        models.DateTimeField: {"form_class": MomentField, "widget": AdminSplitDateTime}
    }
    inlines = [BylineInline, RelatedReadInline, CorrectionInline]
    fieldsets = [
        (None, {"fields": ["headline", "standfirst", "body"]}),
        (
            gettext_lazy("Lead image"),
            {
                "fields": [
                    "lead_image",
                    "lead_image_alt",
                    "lead_image_caption",
                    "lead_image_credit",
                ]
            },
        ),
        (
            gettext_lazy("Where it belongs"),
            {"fields": [("section", "series"), "tags", "dateline", "slug"]},
        ),
        (
            gettext_lazy("At the desk"),
            {"fields": ["embargoed_until", "says_updated", "note_to_readers", "publishing_note"]},
        ),
    ]
    autocomplete_fields = ["lead_image", "series"]
    prepopulated_fields = {"slug": ["headline"]}
    list_display = ["__str__", "shown_state", "section", "authors", "live_since", "changed"]
    list_filter = [
        StateFilter,
        LiveSinceFilter,
        "stage",
        "section",
        ("series", SeriesFilter),
        AuthorFilter,
        "changed_at",
    ]
    list_per_page = 50
    save_on_top = False
    # "View on site" would ask the article, whose own address is the desk's.
    view_on_site = False

    class Media:
        css = {"all": ["editor/editor.css", "desk/desk.css"]}
        js = [forms.Script("desk/slug.js", type="module")]

    # The list

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .with_state()
            .select_related("section", "changed_by")
            .prefetch_related("bylines__author")
        )

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, article):
        return State(article.state).label

    @admin.display(description=gettext_lazy("authors"))
    def authors(self, article):
        return ", ".join(str(byline) for byline in article.bylines.all())

    @admin.display(description=gettext_lazy("live since"))
    def live_since(self, article):
        if article.live_since:
            return list_time(article.live_since)
        if article.scheduled_for:
            return _("from %(time)s") % {"time": list_time(article.scheduled_for)}
        return None

    @admin.display(description=gettext_lazy("changed"), ordering="changed_at")
    def changed(self, article):
        when = list_time(article.changed_at)
        return f"{when}, {people.name(article.changed_by)}" if article.changed_by else when

    # The form

    def get_fieldsets(self, request, obj=None):
        if settings.CHANGES_ARE_PUBLIC:
            return super().get_fieldsets(request, obj)
        # Nobody is asked for a note that no reader will find.
        return [
            (name, {"fields": [each for each in part["fields"] if each != "note_to_readers"]})
            for name, part in super().get_fieldsets(request, obj)
        ]

    def render_change_form(self, request, context, *args, **kwargs):
        # The editor's import map is an inline script: the policy asks for a nonce.
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))
        article = context.get("original")
        context["may_publish"] = self.may_publish(request)
        slug = context["adminform"].form.fields.get("slug")
        if slug and (article is None or article.state == State.DRAFT):
            slug.widget.attrs["data-follows"] = "id_headline"
        if article:
            context["seen_move"] = latest_move(article)
            context["state_in_words"] = state_in_words(article)
            context["live_edition"] = article.editions.live().first()
            if request.method == "GET":
                # What was typed for a publication that has not come about yet.
                for name in NOTED:
                    context["adminform"].form.initial[name] = request.GET.get(name)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        obj.changed_by = request.user
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.instance.refresh_fingerprint()

"""The image library: the list of pictures, and the form for one."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from articles import library, roles
from articles.models import Article, Image
from newsroom.each_row import has_any
from newsroom.images import CROPS
from newsroom.long_list import (
    LOOKED_THROUGH,
    FirstRows,
    LongList,
    OfferedRows,
    look_through,
    offered,
)
from newsroom.pictures import no_file_left_behind

from .former_files import FormerFiles
from .image_form import ImageForm
from .picture_answers import PictureAnswers

PREVIEWED_CROPS = {"wide": _("Wide"), "square": _("Square"), "portrait": _("Portrait")}


class ToDoFilter(admin.SimpleListFilter):
    title = _("what to look at")
    parameter_name = "to_do"
    choices_of_ours = {
        "alt_text": (_("Lacks alt text"), "lacking_alt_text"),
        "credit": (_("Lacks credit"), "lacking_credit"),
        "unused": (_("Unused"), "unused"),
    }

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _name) in self.choices_of_ours.items()]

    def queryset(self, request, queryset):
        chosen = self.choices_of_ours.get(self.value())
        return getattr(queryset, chosen[1])() if chosen else queryset


class UploaderFilter(OfferedRows):
    """Whoever put a picture into the library; found without looking through all pictures."""

    def offered(self, chosen):
        own = Image.objects.filter(uploaded_by=OuterRef("pk"))
        people = get_user_model().objects.filter(has_any(own)).order_by("username")
        uploads = Image.objects.order_by("-uploaded_at").values_list("uploaded_by", flat=True)
        return offered(people, chosen, filter(None, uploads[:LOOKED_THROUGH]))


class Library(LongList):
    time, filter_name = "uploaded_at", "to_do"
    looked_for = frozenset(ToDoFilter.choices_of_ours)


@admin.register(Image)
class ImageAdmin(FormerFiles, PictureAnswers):
    form = ImageForm
    list_display = ["title"]
    list_filter = [ToDoFilter, "uploaded_at", ("uploaded_by", UploaderFilter)]
    search_fields = ["title", "alt_text", "caption", "credit"]
    paginator = FirstRows
    list_per_page = 48
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    # One picture at a time: each has its own uses to look at first.
    actions = None
    # Other columns have no index to be read in their order.
    sortable_by = []
    # Its own address is the desk's.
    view_on_site = False

    class Media:
        css = {"all": ["desk/pictures.css"]}

    def changelist_view(self, request, extra_context=None):
        context = {"library": reverse("admin:articles_image_changelist")}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_changelist(self, request, **kwargs):
        return Library

    def get_search_results(self, request, queryset, search_term):
        """Search the words of what was uploaded last."""
        if search_term:
            queryset = look_through(queryset, "uploaded_at")
        return super().get_search_results(request, queryset, search_term)

    def get_fieldsets(self, request, obj=None):
        words = ["title", "alt_text", "caption", "credit"]
        focal_point = (_("Focal point"), {"fields": [("focal_x", "focal_y")]})
        if obj is None:
            return [(None, {"fields": ["file", *words]}), focal_point]
        fieldsets = [focal_point, (None, {"fields": words})]
        if self.has_change_permission(request, obj):
            fieldsets.append((_("Replace"), {"fields": ["file", "replace_live"]}))
        return fieldsets

    def render_change_form(self, request, context, *args, **kwargs):
        image = context.get("original")
        if image:
            context["crops"] = [
                (label, CROPS[crop], image.picture.cropped_url(crop, 320))
                for crop, label in PREVIEWED_CROPS.items()
            ]
            context["large_url"] = image.picture.cropped_url("natural", 960)
            context["former_files"] = image.replaced_files.select_related("replaced_by")
            context |= self._uses(request, image)
        return super().render_change_form(request, context, *args, **kwargs)

    def _uses(self, request, image):
        """Return for the template the stories that use a picture, as far as the person may see."""
        uses, has_more = library.uses(image)
        # The article's own list holds the stories that the person may see, and no others.
        visible = self.admin_site.get_model_admin(Article).get_queryset(request)
        articles = visible.in_bulk([use.article_id for use in uses])
        seen = [(articles[use.article_id], use) for use in uses if use.article_id in articles]
        live_stories = library.live_stories(image)
        return {
            "uses": seen,
            "hidden_uses": len(uses) - len(seen),
            "has_more_uses": has_more,
            "live_stories": live_stories,
            "live_stories_in_figures": library.in_figures(live_stories),
        }

    def has_change_permission(self, request, obj=None):
        return roles.may_change_image(request.user, obj)

    def save_model(self, request, obj, form, change):
        picture = form.cleaned_data.get("file")
        if not change:
            obj.uploaded_by = request.user
        if "file" in form.changed_data:
            obj.checksum = picture.checksum
        if form.is_replacement:
            library.keep_former_file(obj, request.user)
        with no_file_left_behind(obj, "file"):
            super().save_model(request, obj, form, change)

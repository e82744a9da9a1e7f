"""The form that a front page is made in: its moment, and the stories that lead, in order."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article, Edition, FrontPage, FrontPagePick
from newsroom.autocomplete import RowSelect
from newsroom.gated_rows import GatedRows
from newsroom.keys import read_key
from newsroom.moments import MomentField
from newsroom.ordered_rows import OrderedRows

from .state import state_in_words

# More would leave too little of a page to what is new.
MOST_PICKS = 12
PICKS = "front_page_picks"


def that_may_lead(articles):
    """Return those of articles' primary keys that a front page can begin with, in their order.

    They are of stories that readers have or will have, and no more than one has room for.
    """
    there = Edition.objects.live_or_to_come().filter(article__in=list(articles))
    there = set(there.values_list("article_id", flat=True))
    return [pk for pk in articles if pk in there][:MOST_PICKS]


class StorySelect(RowSelect):
    """The admin's autocomplete, asking for stories that readers have or will have."""

    url_name = "%s:articles_frontpage_stories"


class PickForm(forms.ModelForm):
    def has_changed(self):
        # A row copied from the front page before is a row, though nobody has touched it.
        if self.is_bound and self.instance.pk is None:
            return bool(self.data.get(self.add_prefix("article")))
        return super().has_changed()

    def clean_article(self):
        article = self.cleaned_data["article"]
        # A pick that was withdrawn since need not keep the rest from being saved.
        is_new = article.pk != self.instance.article_id
        if is_new and not article.editions.live_or_to_come().exists():
            raise forms.ValidationError(
                _("Readers do not have “%(story)s”, and it is not scheduled: publish it first.")
                % {"story": article}
            )
        return article


class PickFormSet(forms.BaseInlineFormSet):
    def get_unique_error_message(self, unique_check):
        return _("The same story is chosen twice: remove one of the lines.")

    def get_form_error(self):
        return _("This story is on the front page already.")


class PickInline(GatedRows, OrderedRows):
    model = FrontPagePick
    form = PickForm
    formset = PickFormSet
    fields = ["article", "readers_have", "position"]
    readonly_fields = ["readers_have"]
    max_num = MOST_PICKS

    def get_queryset(self, request):
        stories = Prefetch("article", Article.objects.with_state())
        return super().get_queryset(request).prefetch_related(stories)

    @admin.display(description=gettext_lazy("readers"))
    def readers_have(self, pick):
        return state_in_words(pick.article) if pick.pk else ""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "article":
            kwargs["widget"] = StorySelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "article":
            field.widget.can_add_related = field.widget.can_change_related = False
            field.widget.can_view_related = field.widget.can_delete_related = False
        return field


class FrontPageForm(forms.ModelForm):
    live_from = MomentField(
        label=gettext_lazy("Live from"),
        required=False,
        widget=AdminSplitDateTime,
        help_text=gettext_lazy("Left empty: at once."),
    )
    # Why nothing may be saved, whatever is chosen.
    problem = ""

    class Meta:
        model = FrontPage
        fields = ["live_from", "note"]
        widgets = {"note": forms.TextInput(attrs={"class": "vTextField"})}
        help_texts = {"note": gettext_lazy("For the desk only.")}

    def clean_live_from(self):
        moment = self.cleaned_data["live_from"]
        if moment and moment <= timezone.now():
            raise forms.ValidationError(
                _("This moment has passed. Choose one to come, or leave it empty for at once.")
            )
        return moment or timezone.now()

    def clean(self):
        super().clean()
        if self.problem:
            raise forms.ValidationError(self.problem)


def posted_rows(post):
    """Yield the prefix of each posted row that is not taken out."""
    total = post.get(f"{PICKS}-TOTAL_FORMS", "")
    for number in range(min(read_key(total) or 0, 1000)):
        if f"{PICKS}-{number}-DELETE" not in post:
            yield f"{PICKS}-{number}"

"""The site as it was: any page of the readers' at any past second.

The pages are made by the views that make today's. The address of the moment stands before
theirs as a script's name would, so that every link on a page of the past leads on into it.
"""

from datetime import UTC, datetime, timedelta
from functools import wraps
from urllib.parse import unquote

from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.defaults import page_not_found

from newsroom.moments import both_of

MOMENT = "%Y-%m-%dT%H:%M:%SZ"
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def past_address(moment, path=""):
    """Return where a page (its path without the first slash) is shown as it was at a moment."""
    return outside(reverse("as-it-was", args=[f"{moment.astimezone(UTC):{MOMENT}}", path]))


def first_second(edition):
    """Return the first moment at which the past shows an edition: a whole second."""
    second = edition.live_from.replace(microsecond=0)
    return second if second == edition.live_from else second + timedelta(seconds=1)


def past_address_of(edition, at):
    """Return where an edition is shown as readers first had it, up to a moment.

    None if it was gone, or is not there yet, at the first whole second.
    """
    second = first_second(edition)
    if second > at or (edition.live_until and edition.live_until <= second):
        return None
    path = unquote(edition.get_absolute_url().removeprefix(get_script_prefix()))
    return past_address(second, path)


def in_words(moment):
    """Return a moment to the second, with its zone's name, of which there may be two."""
    local = timezone.localtime(moment)
    # Translators: Django's date format characters.
    return f"{date_format(local, gettext('j F Y, H:i:s'))} {local:%Z}"


def outside(address):
    """Return an address as it is outside the past, also if a page of the past made it."""
    prefix = get_script_prefix()
    return prefix.split("as-it-was/")[0] + address.removeprefix(prefix)


def for_who_may_see_the_past(view):
    """Ask strangers to sign in unless the newsroom shows its past to all; let nobody keep it."""

    @require_safe
    @wraps(view)
    def show(request, **kwargs):
        if settings.PAST_IS_PUBLIC or request.user.is_staff:
            response = view(request, **kwargs)
        elif request.user.is_authenticated:
            raise Http404("the past is shown to staff alone")
        else:
            response = redirect_to_login(request.get_full_path(), reverse("admin:login"))
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Cache-Control"] = "private, no-store"
        return response

    return show


class MomentField(forms.DateTimeField):
    """A moment, typed in the newsroom's zone or with an offset of its own."""

    def to_python(self, value):
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            both = both_of(error)
        if not both:
            words = _("There was no such time: the clocks were put forward over it.")
            raise forms.ValidationError(words, "left out")
        words = _("There was this time twice, for the clocks were put back: choose one of both.")
        raise forms.ValidationError(words, "twice", {"both": both})


class MomentForm(forms.Form):
    moment = MomentField(
        label=_("Day and time"),
        widget=forms.DateTimeInput({"type": "datetime-local", "step": 1}, "%Y-%m-%dT%H:%M:%S"),
    )
    # What is looked at, behind the site's first slash.
    page = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_moment(self):
        moment = self.cleaned_data["moment"]
        if moment > timezone.now():
            raise forms.ValidationError(_("That is still to come. Choose a moment of the past."))
        if moment < EARLIEST:
            raise forms.ValidationError(_("There were no such pages then. Choose a later moment."))
        return moment

    def clean_page(self):
        return self.cleaned_data["page"].replace("\n", "").lstrip("/")

    def addresses_of_both(self):
        """Return (words, address) of each moment that a time may be which there was twice."""
        errors = self.errors.as_data().get("moment", [])
        both = [moment for each in errors if each.code == "twice" for moment in each.params["both"]]
        return [
            (in_words(moment), self.address(moment)) for moment in both if moment <= timezone.now()
        ]

    def address(self, moment):
        """Return where the page is shown as it was at a moment."""
        path, mark, query = self.cleaned_data.get("page", "").partition("?")
        return past_address(moment, unquote(path)) + mark + query


@for_who_may_see_the_past
def choose(request):
    """Ask for a moment, and lead to a page as it was then; to the front page if none is named."""
    asked = "moment" in request.GET
    initial = {"moment": request.moment, "page": request.GET.get("page")}
    form = MomentForm(request.GET if asked else None, initial=initial)
    if asked and form.is_valid():
        return redirect(form.address(form.cleaned_data["moment"]))
    return TemplateResponse(request, "articles/choose_moment.html", {"form": form})


@for_who_may_see_the_past
def as_it_was(request, moment, path, pages):
    """Show the page at a path as it was; ``pages`` resolves the readers' addresses."""
    try:
        at = datetime.strptime(moment, MOMENT).replace(tzinfo=UTC)
    except ValueError as error:
        raise Http404("no such moment") from error
    if at > request.moment:
        raise Http404("that is still to come")
    before = get_script_prefix()
    # A second slash would make another host's address of it.
    page = request.get_full_path().removeprefix(past_address(at)).lstrip("/")
    request.today_address, request.choose_address = before + page, reverse("choose-moment")
    request.moment_form = MomentForm(initial={"moment": at, "page": page}, auto_id="past_%s")
    request.moment, request.is_past, request.moment_in_words = at, True, in_words(at)
    set_script_prefix(past_address(at))
    try:
        view, args, kwargs = pages.resolve(f"/{path}")
        response = view(request, *args, **kwargs)
        if hasattr(response, "render"):
            response.render()
        return response
    except Http404 as error:
        return page_not_found(request, error)
    finally:
        set_script_prefix(before)

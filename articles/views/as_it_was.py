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
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.defaults import page_not_found

MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def past_address(moment, path=""):
    """Return where a page (its path without the first slash) is shown as it was at a moment."""
    return outside(reverse("as-it-was", args=[f"{moment.astimezone(UTC):{MOMENT}}", path]))


def past_address_of(edition, at):
    """Return where an edition is shown as readers first had it, up to a moment.

    None if it was gone, or is not there yet, at the first whole second.
    """
    second = edition.live_from.replace(microsecond=0)
    if second < edition.live_from:
        second += timedelta(seconds=1)
    if second > at or (edition.live_until and edition.live_until <= second):
        return None
    path = unquote(edition.get_absolute_url().removeprefix(get_script_prefix()))
    return past_address(second, path)


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


class MomentForm(forms.Form):
    moment = forms.DateTimeField(
        label=_("Day and time"),
        widget=forms.DateTimeInput({"type": "datetime-local", "step": 1}, "%Y-%m-%dT%H:%M:%S"),
    )

    def clean_moment(self):
        moment = self.cleaned_data["moment"]
        if moment > timezone.now():
            raise forms.ValidationError(_("That is still to come. Choose a moment of the past."))
        return moment


@for_who_may_see_the_past
def choose(request):
    """Ask for a moment, and lead to the front page as it was then."""
    asked = "moment" in request.GET
    form = MomentForm(request.GET if asked else None, initial={"moment": request.moment})
    if asked and form.is_valid():
        return redirect(past_address(form.cleaned_data["moment"]))
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
    request.today_address = request.get_full_path().removeprefix(past_address(at)[:-1])
    request.moment, request.is_past = at, True
    before = get_script_prefix()
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

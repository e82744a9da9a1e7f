"""The pages about signing in: django-allauth's as pages of the desk, and those it has not."""

from functools import wraps
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.utils import get_next_redirect_url
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from authors.accounts.sessions import end, sessions_of


def page(view, title):
    """Return a view as a page of the desk; as a dotted name it is imported when it is wanted.

    Most processes never need what reads passkeys, which takes memory.
    """

    @csrf_protect
    @never_cache
    def show(request, **kwargs):
        answer = (import_string(view) if isinstance(view, str) else view)(request, **kwargs)
        if isinstance(answer, TemplateResponse):
            context = {**admin.site.each_context(request), "title": title}
            answer.context_data = {**context, **(answer.context_data or {})}
        return answer

    return show


def confirmed(view):
    """Decorator: a view for whoever has just confirmed who they are, and comes back from that."""

    @wraps(view)
    def show(request, *args, **kwargs):
        if is_reauthentication_required(request, app="authors"):
            way = get_adapter().get_reauthentication_methods(request.user)[0]
            return redirect(f"{way['url']}?{_query(request.get_full_path())}")
        return view(request, *args, **kwargs)

    return show


def sign_in(request):
    """The one way in. Who is in already is led on, or told why not."""
    user = request.user
    if user.is_authenticated and not admin.site.has_permission(request):
        return TemplateResponse(request, "account/account_inactive.html", status=403)
    if user.is_authenticated and user.lacks_required_factor:
        onward = get_next_redirect_url(request)
        first = reverse("second_factor_first")
        return redirect(f"{first}?{_query(onward)}" if onward else first)
    return import_string("allauth.account.views.login")(request)


@login_required
def factor_first(request):
    """Ask for a second factor before anything else; lead on whoever has one."""
    onward = get_next_redirect_url(request) or reverse("admin:index")
    if not request.user.lacks_required_factor:
        # An address, whatever it looks like: redirect() takes it for a view's name.
        return HttpResponseRedirect(onward)
    return TemplateResponse(request, "account/factor_first.html", {"next": onward})


@login_required
def own_sessions(request):
    """List where one is signed in; end one session, or all others."""
    sessions = sessions_of(request.user)
    if request.method == "POST":
        chosen = request.POST.get("session")
        ended = [
            session
            for session in sessions
            if not session.is_current() and chosen in ("others", str(session.pk))
        ]
        end(request.user, ended)
        messages.success(request, _("Sessions ended: %(number)d") % {"number": len(ended)})
        return redirect("usersessions_list")
    return TemplateResponse(request, "account/sessions.html", {"sessions": sessions})


def too_many(request, exception=None):
    """Say how long to wait; the limits of the settings that lead here are all by the minute."""
    words = render_to_string("429.html", request=request)
    return HttpResponse(words, status=429, headers={"Retry-After": "60"})


def _query(onward):
    return urlencode({"next": onward})

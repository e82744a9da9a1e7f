"""No word is lost: what is typed is kept while it is typed, and offered when somebody comes back.

The form's script (static/desk/keeping.js) sends the form to ``keep`` while somebody
writes. The words lie in a ``Sitting`` until the form is saved, or they are dropped.
"""

import json
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from articles.models import Sitting
from newsroom import people
from newsroom.keys import read_key
from newsroom.once_more import once_more

from . import snapshot
from .addresses import page
from .differences import PartDifference, differences
from .merging import read_snapshot
from .state import brief_time

# How many sittings a form offers, and how many it names as present.
OFFERED = 30
NAMED_AS_PRESENT = 5


@dataclass(frozen=True)
class Offer:
    """Words that were typed and never saved, beside what is stored."""

    sitting: Sitting
    differences: list[PartDifference]

    @property
    def kept_at(self):
        return brief_time(self.sitting.kept_at)


class Unkept(Exception):
    """A message of the form's script that cannot be kept; ``status`` is its HTTP status."""

    def __init__(self, words, status):
        super().__init__(words)
        self.status = status


class KeepingPages(admin.ModelAdmin):
    """The part of the article's admin that keeps words and tells who is there."""

    class Media:
        css = {"all": ["desk/keeping.css"]}

    def get_urls(self):
        def script(view, name):
            view = never_cache(csrf_protect(require_POST(once_more(view))))
            return path(f"{name}/", view, name=f"articles_article_{name}")

        return [
            script(self.keep, "keep"),
            script(self.leave, "leave"),
            page(self, "<uuid:key>/take/", require_POST(self.take), "take"),
            page(self, "<uuid:key>/drop/", require_POST(self.drop), "drop"),
            *super().get_urls(),
        ]

    # What the form's script asks for

    def keep(self, request):
        """Keep the words of a sitting, and answer with who else is there.

        With the number 0 there are no words, only somebody present. Answers when the
        words are committed.
        """
        try:
            sitting = self._sit(request)
        except Unkept as refusal:
            answer = {"words": str(refusal), "sign_in": reverse("admin:login")}
            return JsonResponse(answer, status=refusal.status)
        return JsonResponse(
            {
                "kept_at": brief_time(sitting.kept_at) if sitting.kept_at else "",
                "offered": sitting.words is not None,
                # Nothing that this page sends is kept any more: its form was saved.
                "ended": sitting.number == Sitting.ENDED,
                "unshown": self._has_unshown(request, sitting),
                "others": self._others(sitting),
            }
        )

    def leave(self, request):
        """Take a person who has closed the page from those who are present."""
        try:
            sitting = self._sit(request)
        except Unkept as refusal:
            return HttpResponse(str(refusal), status=refusal.status)
        Sitting.objects.filter(pk=sitting.pk).update(seen_at=sitting.seen_at - Sitting.PRESENT_FOR)
        # Not where a page is read: that goes on while nothing can be saved.
        Sitting.objects.clear_away()
        return HttpResponse(status=204)

    @transaction.atomic
    def _sit(self, request):
        """Store what the script sent; return the sitting. Raises Unkept."""
        user, post = request.user, request.POST
        if not self.admin_site.has_permission(request) or post.get("user") != str(user.pk):
            raise Unkept(_("you are signed out."), 401)
        try:
            key, number = UUID(post.get("sitting", "")), read_key(post.get("number", ""))
        except ValueError as error:
            raise Unkept(_("the form was sent in pieces."), 400) from error
        if number is None:
            raise Unkept(_("the form was sent in pieces."), 400)
        visible = self.get_queryset(request).prefetch_related(None)
        article = visible.filter(pk=read_key(post.get("article", ""))).first()
        if not (
            self.has_change_permission(request, article)
            if article
            else self.has_add_permission(request)
        ):
            raise Unkept(_("you may not change this story any more."), 403)
        now = timezone.now()
        sitting = Sitting.objects.select_for_update().filter(key=key).first()
        sitting = sitting or Sitting(key=key, user=user, seen_at=now)
        if sitting.user_id != user.pk:
            raise Unkept(_("you are signed in as somebody else."), 403)
        sitting.article = article
        if "delivered" not in post:
            sitting.seen_at = now
        if number > sitting.number:
            sitting.keep(snapshot.typed(post), read_snapshot(post.get("base")), number, now)
        sitting.save()
        return sitting

    def _has_unshown(self, request, sitting):
        """Whether words are kept that the page would have offered, had they come before it.

        They come from the page before, which was typed on while the server saved it.
        """
        if "offered" not in request.POST:
            return False
        shown = {*request.POST["offered"].split(), str(sitting.key)}
        keys = self._typed_by(request.user, sitting.article).values_list("key", flat=True)
        return not shown.issuperset(map(str, keys))

    def _others(self, sitting):
        """Return a sentence for each other page on which the story is open now."""
        if sitting.article_id is None:
            return []
        others = Sitting.objects.present().filter(article=sitting.article_id)
        others = others.exclude(pk=sitting.pk).select_related("user")[:NAMED_AS_PRESENT]
        return [
            (
                _("You have this story open in another tab too, since %(time)s.")
                if other.user_id == sitting.user_id
                else _("%(who)s has this story open too, since %(time)s.")
            )
            % {"who": people.name(other.user), "time": brief_time(other.opened_at)}
            for other in others
        ]

    # What a person decides of words that were kept

    def take(self, request, key):
        """Save kept words into their story, the way the form does."""
        sitting = self._kept(request, key)
        post = snapshot.posted(sitting.words, sitting.article)
        post["base"], post["sitting"] = json.dumps(sitting.base), str(key)
        post["number"] = str(sitting.number)
        if sitting.article is None:
            post["new_story"] = str(key)
        post["_continue"] = "1"
        post["csrfmiddlewaretoken"] = request.POST.get("csrfmiddlewaretoken", "")
        request.POST = post
        pk = str(sitting.article_id) if sitting.article else None
        # The admin leads back to the address that was asked for: that is the form's.
        request.path = (
            sitting.article.get_absolute_url() if pk else reverse("admin:articles_article_add")
        )
        return self.changeform_view(request, pk, request.path)

    def drop(self, request, key):
        """Forget kept words for good."""
        sitting = self._kept(request, key)
        sitting.delete()
        self.message_user(request, _("The words that were not saved are dropped."))
        return redirect(sitting.article or "admin:articles_article_add")

    def _kept(self, request, key):
        kept = Sitting.objects.kept_by(request.user).select_related("article")
        sitting = get_object_or_404(kept, key=key)
        if sitting.article and not self.has_change_permission(request, sitting.article):
            raise PermissionDenied
        return sitting

    # The form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST" or object_id is not None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            saved = Sitting.objects.hold(request.POST.get("new_story"), request.user)
            if saved:
                # The answer to the first press never arrived: this is that story, not another.
                request.POST = self._posted(request.POST, snapshot.typed(request.POST), saved)
                object_id, form_url = str(saved.pk), saved.get_absolute_url()
                request.path = form_url
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        post, user = request.POST, request.user
        number = read_key(post.get("number", ""))
        Sitting.objects.end(post.get("sitting"), user, form.instance, number)
        Sitting.objects.end(post.get("new_story"), user, form.instance)

    def render_change_form(self, request, context, *args, **kwargs):
        article = context.get("original")
        context["sitting"] = request.POST.get("sitting", "")
        context["number"] = request.POST.get("number", "")
        # Stays the same while the form is open, so that it becomes one story and no second one.
        context["new_story"] = request.POST.get("new_story") or uuid4()
        context["size_limit"] = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if request.method == "GET":
            kept = list(self._typed_by(request.user, article))
            context["offered"] = " ".join(str(sitting.key) for sitting in kept)
            context["offers"] = self._offers(article, kept)
        return super().render_change_form(request, context, *args, **kwargs)

    def _typed_by(self, user, article):
        """Return what a person typed into the story and never saved, the newest first."""
        return Sitting.objects.kept_by(user).filter(article=article)[:OFFERED]

    def _offers(self, article, kept):
        there, offers = snapshot.stored(article), []
        for sitting in kept:
            merged, _conflicts = snapshot.merge(sitting.base or there, there, sitting.words)
            if merged != there:
                offers.append(Offer(sitting, differences(there, merged)))
        return offers

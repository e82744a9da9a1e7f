"""Who may do what: every role at every address of the admin."""

import re
from datetime import timedelta
from functools import partial
from http.cookies import SimpleCookie

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import URLResolver
from django.utils import timezone

from articles import publishing
from articles.models import Article
from articles.roles import ROLES
from authors.log import Kind
from authors.models import LoggedAct
from tests.articles.test_desk import ADD, form_of
from tests.factories import (
    make_article,
    make_author,
    make_image,
    make_person,
)

pytestmark = pytest.mark.django_db

# R reporter, E editor, P profile manager, A administrator, S somebody of the staff without a role.
ALL = "REPAS"
# What the four kinds of story, and the two of other things, are to the reporter.
SEES = {"own draft": "REA", "other draft": "EA", "own live": "REA", "other live": "REA"}
CHANGES = {"own draft": "REA", "other draft": "EA", "own live": "EA", "other live": "EA"}
DELETES = {"own draft": "REA", "other draft": "EA", "own live": "", "other live": ""}
# For each address: who may open it, who may post to it; None where it takes no such request.
TABLE = {
    "index": (ALL, ALL),
    "logout": (None, ALL),
    "password_change": (ALL, ALL),
    "password_change_done": (ALL, None),
    "jsi18n": (ALL, None),
    "articles/": ("REA", "REA"),
    "authors/": ("REPA", "REPA"),
    "auth/": ("A", "A"),
    "articles_article_changelist": ("REA", "REA"),
    "articles_article_add": ("REA", "REA"),
    "articles_article_change": (SEES, CHANGES),
    "articles_article_history": (SEES, SEES),
    "articles_article_restore": (None, CHANGES),
    "articles_article_deleted": ("REA", "REA"),
    "articles_article_delete": (DELETES, DELETES),
    "articles_article_preview": (SEES, SEES),
    "articles_article_preview-page": (SEES, SEES),
    "articles_article_preview-links": (CHANGES, CHANGES),
    "articles_article_schedule": ("EA", "EA"),
    "articles_article_withdraw": ("EA", "EA"),
    "articles_article_hand_in": (CHANGES, CHANGES),
    "articles_article_send_back": ("EA", "EA"),
    "articles_article_mark_ready": ("EA", "EA"),
    "articles_article_tag_names": ("REA", "REA"),
    "articles_article_story_links": ("REA", "REA"),
    "articles_article_related_reads": ("REA", "REA"),
    "articles_article_profiles": ("REA", "REA"),
    "articles_image_changelist": ("REA", "REA"),
    "articles_image_add": ("REA", "REA"),
    "articles_image_change": ("REA", {"own": "REA", "other": "EA", "own live": "EA"}),
    "articles_image_history": ("REA", "REA"),
    "articles_image_delete": ("EA", "EA"),
    "articles_image_library": ("REA", "REA"),
    "articles_image_upload": (None, "REA"),
    "articles_image_words": ("REA", {"own": "REA", "other": "EA", "own live": "EA"}),
    "articles_image_thumbnail": ("REA", "REA"),
    "articles_image_former_file": ("REA", "REA"),
    "articles_image_bring_back": (
        {"own": "REA", "other": "EA", "own live": "EA"},
        {"own": "REA", "other": "EA", "own live": "EA"},
    ),
    "articles_frontpage_changelist": ("EA", "EA"),
    "articles_frontpage_add": ("EA", "EA"),
    "articles_frontpage_change": (
        {"to come": "EA", "begun": "EA"},
        {"to come": "EA", "begun": "EA"},
    ),
    "articles_frontpage_history": ("EA", "EA"),
    "articles_frontpage_delete": (
        {"to come": "EA", "begun": ""},
        {"to come": "EA", "begun": ""},
    ),
    "articles_frontpage_stories": ("EA", "EA"),
    "articles_frontpage_preview": ("EA", "EA"),
    "articles_frontpage_preview_unsaved": (None, "EA"),
    "articles_series_changelist": ("REA", "REA"),
    "articles_series_add": ("EA", "EA"),
    "articles_series_change": ("REA", "EA"),
    "articles_series_history": ("REA", "REA"),
    "articles_series_delete": ("EA", "EA"),
    "articles_tag_changelist": ("REA", "REA"),
    "articles_tag_add": ("EA", "EA"),
    "articles_tag_change": ("REA", "EA"),
    "articles_tag_history": ("REA", "REA"),
    "articles_tag_delete": ("EA", "EA"),
    "articles_tag_twins": ("REA", "REA"),
    "articles_tag_merge": ("EA", "EA"),
    "authors_author_changelist": ("REPA", "REPA"),
    "authors_author_add": ("PA", "PA"),
    "authors_author_change": ("REPA", {"own": "RPA", "other": "PA"}),
    "authors_author_history": ("REPA", "REPA"),
    "authors_author_delete": ("PA", "PA"),
    "auth_user_password_change": ("A", "A"),
    "auth_user_sign-in": ("A", "A"),
    "authors_loggedact_changelist": ("A", "A"),
    "authors_loggedact_add": ("", ""),
    "authors_loggedact_change": ("A", ""),
    "authors_loggedact_history": ("A", "A"),
    "authors_loggedact_delete": ("", ""),
} | {
    f"{model}_{page}": (who, who)
    for model, who in {
        "articles_section": "EA",
        "auth_user": "A",
        "auth_group": "A",
    }.items()
    for page in ("changelist", "add", "change", "history", "delete")
}
# Addresses that give nothing away by themselves, and what they do.
ELSEWHERE = {
    "login": "leads who has signed in to the first page",
    "view_on_site": "leads to an address that is named here, or to a page of the readers’",
    # See the test of the searches below.
    "autocomplete": "searches what whoever asks may see, by the rules of what it searches",
    # See tests/articles/test_keeping.py.
    **dict.fromkeys(
        [f"articles_article_{what}" for what in ("keep", "leave", "take", "drop")],
        "knows only what whoever asks was typing themselves",
    ),
    "(?P<url>.*)$": "says “not found” of everything else, and leads an old address to the form",
}


def addresses(patterns=None, before=""):
    """Yield (key of the table, name, route) of every address of the admin."""
    for pattern in admin.site.get_urls() if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif pattern.name == "app_list":
            for app in re.search(r"\?P<app_label>([\w|]+)\)", route)[1].split("|"):
                yield f"{app}/", None, f"{app}/"
        elif not (pattern.name is None and route.endswith("/<path:object_id>/")):
            yield pattern.name or route, pattern.name, route


def subjects(name, route, things):
    """Return the addresses of one of the admin's pages by what they are about."""
    if "<" not in route:
        return {"": f"/admin/{route}"}
    model = "_".join((name or route.replace("/", "_")).split("_")[:2])

    def part(match, thing):
        if match[2] in {"pk", "id", "object_id"}:
            return str(thing.pk)
        former = thing.replaced_files.get()
        file_name = former.file.name.removeprefix("pictures/")
        return {"former": str(former.pk), "name": file_name, "rendition": "square-80.jpg"}[match[2]]

    return {
        kind: "/admin/" + re.sub(r"<(\w+:)?(\w+)>", partial(part, thing=thing), route)
        for kind, thing in things[model].items()
    }


def is_let_in(client, method, address):
    """Whether somebody gets an answer; what they did is undone. None: there is no such request."""
    with transaction.atomic():
        response = getattr(client, method)(address)
        transaction.set_rollback(True)
    if response.status_code == 405:
        return None
    away = response.status_code == 302 and (
        response.url == "/admin/" or response.url.startswith("/admin/login/")
    )
    return not away and response.status_code not in {403, 404}


def test_every_address_of_the_admin_stands_in_the_table():
    found = {key for key, _name, _route in addresses()} - ELSEWHERE.keys()
    assert found == TABLE.keys()


# Of their own stories, and of every address there is, both databases are asked.
@pytest.mark.parametrize(
    "initial", ["R", "A", *(pytest.param(each, marks=pytest.mark.looks) for each in "EPS")]
)
def test_a_role_gets_what_the_table_says_and_no_more(client, world, initial):
    accounts, things = world
    client.force_login(accounts[initial])
    signed_in, wrong = client.cookies, []
    for key, name, route in addresses():
        if key in ELSEWHERE:
            continue
        for method, who in zip(("get", "post"), TABLE[key], strict=True):
            for kind, address in subjects(name, route, things).items():
                client.cookies = SimpleCookie(signed_in)
                allowed = who.get(kind) if isinstance(who, dict) else who
                expected = None if allowed is None else initial in allowed
                if is_let_in(client, method, address) is not expected:
                    wrong.append(f"{method} {address} ({key}, {kind}): not {expected}")
    assert wrong == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_are_asked_to_sign_in_everywhere(client, world, method):
    _accounts, things = world
    for key, name, route in addresses():
        if key in ELSEWHERE.keys() | {"logout", "jsi18n"}:
            continue
        for address in subjects(name, route, things).values():
            response = getattr(client, method)(address)
            assert response.status_code == 302, address
            assert response.url.startswith("/admin/login/"), address


def titles(response):
    return re.findall(r"Harbour wall number \d+ holds", response.content.decode())


def stories_of(world):
    return {kind: str(story) for kind, story in world[1]["articles_article"].items()}


def test_a_reporter_finds_own_stories_and_what_readers_have_but_no_colleagues_drafts(
    signed_in, world
):
    stories = stories_of(world)
    search = {"app_label": "articles", "model_name": "relatedread", "field_name": "story"}
    for address, query in (("articles/article/", {}), ("autocomplete/", search)):
        found = titles(signed_in("R").get(f"/admin/{address}", query))
        assert stories["own draft"] in found and stories["other live"] in found
        assert stories["other draft"] not in found
        assert stories["other draft"] in titles(signed_in("E").get(f"/admin/{address}", query))


@pytest.mark.parametrize(
    "field",
    ["articles.article.series", "articles.relatedread.story", "articles.articlebyline.author"],
)
@pytest.mark.parametrize("initial", ALL)
def test_searching_takes_the_right_to_see_what_is_searched(signed_in, initial, field):
    query = dict(zip(("app_label", "model_name", "field_name"), field.split("."), strict=True))
    status = signed_in(initial).get("/admin/autocomplete/", query).status_code
    may = "REPA" if field.endswith("author") else "REA"
    assert status == (200 if initial in may else 403)


def test_relating_a_story_by_its_number_does_not_tell_a_reporter_its_headline(signed_in, world):
    stories = world[1]["articles_article"]
    hidden, shown = stories["other draft"], stories["other live"]
    form = form_of(headline="Mine") | {"related_reads-TOTAL_FORMS": 1}
    form["related_reads-0-position"] = 0
    answer = signed_in("R").post(ADD, form | {"related_reads-0-story": hidden.pk})
    assert answer.status_code == 200
    assert str(hidden) not in titles(answer)
    answer = signed_in("R").post(ADD, form | {"related_reads-0-story": shown.pk})
    assert answer.status_code == 302


def test_actions_on_the_list_obey_the_rule_of_each_story(signed_in, world):
    stories = world[1]["articles_article"]
    action = {"action": "delete_selected", "post": "yes"}
    for story in stories.values():
        signed_in("R").post("/admin/articles/article/", action | {"_selected_action": story.pk})
    assert {kind for kind, story in stories.items() if Article.objects.filter(pk=story.pk)} == {
        "other draft",
        "own live",
        "other live",
    }


def test_a_profile_managers_pages_name_no_story(signed_in, world):
    for author in world[1]["authors_author"].values():
        make_article(authors=[author])
        for page in ("change", "delete", "history"):
            answer = signed_in("P").get(f"/admin/authors/author/{author.pk}/{page}/")
            assert answer.status_code == 200 and titles(answer) == []
    assert "article" not in signed_in("P").get("/admin/").content.decode().lower()


def test_a_reporter_changes_bio_photo_and_links_of_their_own_profile_and_nothing_else(
    signed_in, world
):
    author = world[1]["authors_author"]["own"]
    form = {
        "bio": "Covers the port.",
        "name": "Somebody else",
        "slug": "somebody-else",
        "job_title": "Owner",
        "email": "x@example.org",
        "user": world[0]["E"].pk,
        "focal_x": 40,
        "focal_y": 50,
        "links-TOTAL_FORMS": 1,
        "links-INITIAL_FORMS": 0,
        "links-0-label": "Mastodon",
        "links-0-url": "https://example.org/@me",
        "links-0-position": 0,
    }
    page = f"/admin/authors/author/{author.pk}/change/"
    assert signed_in("R").post(page, form).status_code == 302
    before = {name: getattr(author, name) for name in ("name", "slug", "job_title", "email")}
    author.refresh_from_db()
    assert author.bio == "Covers the port." and author.focal_x == 40
    assert author.links.get().label == "Mastodon"
    assert author.user == world[0]["R"]
    assert {name: getattr(author, name) for name in before} == before


def test_only_who_manages_accounts_links_one_to_a_profile(signed_in, world):
    author = world[1]["authors_author"]["other"]
    form = {"name": "New", "slug": "new", "focal_x": 50, "focal_y": 50, "user": world[0]["P"].pk}
    form |= {"links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0}
    for initial, linked in (("P", False), ("A", True)):
        signed_in(initial).post(f"/admin/authors/author/{author.pk}/change/", form)
        author.refresh_from_db()
        assert (author.name, author.user_id is not None) == ("New", linked)
    signed_in("A").post(f"/admin/authors/author/{author.pk}/change/", form | {"user": ""})
    # What they get and lose by it is in the log.
    acts = LoggedAct.objects.filter(kind=Kind.CHANGE_RIGHTS, subject=world[0]["P"].username)
    changed = [{"given": ["New"]}, {"taken": ["New"]}]
    assert [act.details for act in acts.order_by("pk") if "New" in str(act.details)] == changed


def test_a_name_in_the_byline_makes_a_story_ones_own(signed_in, world):
    theirs = make_article(authors=[world[1]["authors_author"]["own"]])
    form = form_of(headline="Changed by its writer")
    form |= {"bylines-INITIAL_FORMS": 1, "bylines-TOTAL_FORMS": 1}
    form |= {"bylines-0-id": theirs.bylines.get().pk, "bylines-0-DELETE": "on"}
    assert signed_in("R").post(theirs.get_absolute_url(), form).status_code == 302
    theirs.refresh_from_db()
    assert theirs.headline == "Changed by its writer"
    assert not theirs.bylines.exists()
    assert signed_in("R").get(theirs.get_absolute_url()).status_code == 302


def test_an_own_story_is_only_to_look_at_while_it_is_scheduled(signed_in, world):
    story = world[1]["articles_article"]["own draft"]
    publishing.schedule(story, timezone.now() + timedelta(hours=1))
    page = signed_in("R").get(story.get_absolute_url())
    assert page.status_code == 200 and 'name="headline"' not in page.content.decode()
    refused = signed_in("R").post(story.get_absolute_url(), form_of())
    assert refused.status_code == 403
    # Going back fetches the form anew, as the colleague who scheduled it left it.
    assert "reload this page" in refused.text and "Go back" not in refused.text
    assert "reload this page" not in signed_in("S").get(story.get_absolute_url()).text
    signed_in("R")
    publishing.cancel(story)
    assert signed_in("R").post(story.get_absolute_url(), form_of()).status_code == 302


def test_the_buttons_of_a_story_are_those_that_work(signed_in, world):
    stories = world[1]["articles_article"]
    for initial in "REA":
        for kind, story in stories.items():
            if initial not in SEES[kind]:
                continue
            page = signed_in(initial).get(story.get_absolute_url()).content.decode()
            shown = set(re.findall(r'<input type="submit"[^>]* name="_(\w+)"', page))
            assert ("continue" in shown) is (initial in CHANGES[kind]), (initial, kind)
            assert ("publish" in shown) is (initial in "EA"), (initial, kind)
            assert ('class="deletelink"' in page) is (initial in DELETES[kind]), (initial, kind)


def test_a_button_that_is_not_shown_does_nothing_when_it_is_pressed_anyway(signed_in, world):
    story = world[1]["articles_article"]["own draft"]
    form = form_of(headline="Mine", body="<p>Mine.</p>", section=story.section_id)
    form |= {"_publish": "1"}
    signed_in("R").post(story.get_absolute_url(), form)
    assert not story.editions.exists()


def test_groups_that_a_newsroom_changed_stay_so():
    group = Group.objects.get(name="Reporter")
    group.permissions.clear()
    call_command("migrate", verbosity=0)
    assert not group.permissions.exists()
    Group.objects.get(name="Editor").delete()
    call_command("migrate", verbosity=0)
    made = Group.objects.get(name="Editor").permissions
    assert {
        f"{app}.{codename}"
        for app, codename in made.values_list("content_type__app_label", "codename")
    } == ROLES["Editor"]


@pytest.mark.parametrize("role", ["reporter", "editor", "profile-manager", "administrator"])
def test_a_newcomer_gets_a_login_for_each_role(client, capsys, role):
    call_command("desk_login", role=role)
    name, password = re.match(r"Login: (\S+), password: (\S+)", capsys.readouterr().out).groups()
    assert client.login(username=name, password=password)
    assert client.get("/admin/").status_code == 200
    user = get_user_model().objects.get(username=name)
    assert user.groups.get().name.lower().replace(" ", "-") == role and not user.is_superuser


def test_a_role_that_the_newsroom_has_done_without_gets_no_login_that_may_nothing():
    Group.objects.get(name="Reporter").delete()
    with pytest.raises(CommandError, match="no group “Reporter”"):
        call_command("desk_login", role="reporter")
    assert not get_user_model().objects.filter(username="role-reporter").exists()


def test_who_may_not_change_a_story_reads_it_as_text_and_keeps_nothing_of_it(client, rea):
    picture = make_image(title="Quay")
    body = f'<p>Two <strong>cranes</strong> stand.</p><figure data-image="{picture.pk}"></figure>'
    article = make_article(body=body)
    publishing.publish(article)
    client.force_login(rea)
    page = client.get(article.get_absolute_url()).text
    assert "<p>Two <strong>cranes</strong> stand.</p>" in page and "[Quay]" in page
    assert "&lt;p&gt;" not in page and "Publishing note" not in page
    assert "keeping.js" not in page and "data-keep-url" not in page
    client.force_login(make_person("edna", "Editor"))
    page = client.get(article.get_absolute_url()).text
    assert "keeping.js" in page and "data-keep-url" in page and "body_as_written" not in page


def test_the_photo_in_a_profiles_form_has_the_desks_size(client):
    client.force_login(make_person("paul", "Profile manager"))
    assert "desk/desk.css" in client.get(f"/admin/authors/author/{make_author().pk}/change/").text

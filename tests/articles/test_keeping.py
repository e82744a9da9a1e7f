"""What is typed is kept while it is typed, and offered to whoever comes back."""

import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from articles.admin import snapshot
from articles.models import Article, Sitting
from tests.articles.test_deletions import just_before
from tests.at_once import at_once
from tests.factories import change, make_article, make_author, make_person
from tests.plans import effort

pytestmark = pytest.mark.django_db
KEEP = "/admin/articles/article/keep/"
LEAVE = "/admin/articles/article/leave/"
ADD = "/admin/articles/article/add/"
KEEPING_QUERIES = 10


def sign_in(name, role="Editor"):
    client = Client()
    client.user = make_person(name, role)
    client.force_login(client.user)
    return client


@pytest.fixture
def ann():
    return sign_in("Ann")


@pytest.fixture
def article():
    return make_article(headline="Tide", standfirst="It rises.", body="<p>One two three.</p>")


def message(client, article=None, key=None, number=1, base=None, **typed):
    """Return what the form's script sends."""
    there = base or snapshot.stored(article)
    return {
        **dict(snapshot.posted(there | typed, article).lists()),
        "base": json.dumps(there),
        "sitting": key or uuid4(),
        "user": client.user.pk,
        "article": article.pk if article else "",
        "number": number,
    }


def kept(client, article=None, **typed):
    """Keep some words; return the key of their sitting."""
    sent = message(client, article, **typed)
    assert client.post(KEEP, sent).status_code == 200
    return sent["sitting"]


def address(article):
    return article.get_absolute_url() if article else ADD


def test_what_is_typed_is_kept_and_the_stored_story_stays_as_it_is(ann, article):
    answer = ann.post(KEEP, message(ann, article, standfirst="It falls."))
    assert answer.json()["kept_at"]
    assert Sitting.objects.get().words["standfirst"] == "It falls."
    article.refresh_from_db()
    assert article.standfirst == "It rises."
    assert "no-store" in answer["Cache-Control"]


def test_words_are_offered_beside_what_is_stored_on_any_machine(ann, article):
    kept(ann, article, standfirst="It falls.")
    other_machine = Client()
    other_machine.force_login(ann.user)
    page = other_machine.get(address(article)).content.decode()
    assert "never saved it" in page
    assert "<del>rises.</del>" in page and "<ins>falls.</ins>" in page


def test_words_that_are_taken_are_saved_the_way_the_form_saves(ann, article):
    key = kept(ann, article, standfirst="It falls.", tags=["Tides"])
    page = ann.post(f"/admin/articles/article/{key}/take/", follow=True)
    assert page.redirect_chain == [(address(article), 302)]
    article.refresh_from_db()
    assert article.standfirst == "It falls." and list(article.tags.names()) == ["Tides"]
    assert "never saved it" not in page.content.decode()


def test_words_that_are_dropped_are_gone_and_the_story_is_as_it_was(ann, article):
    key = kept(ann, article, standfirst="It falls.")
    ann.post(f"/admin/articles/article/{key}/drop/")
    assert not Sitting.objects.exists()
    article.refresh_from_db()
    assert article.standfirst == "It rises."


def test_a_story_that_was_never_saved_is_offered_on_the_page_for_a_new_one(ann):
    key = kept(ann, None, headline="A whole new story", body="<p>Words.</p>")
    assert "A whole new story" in ann.get(ADD).content.decode()
    ann.post(f"/admin/articles/article/{key}/take/")
    story = Article.objects.get()
    assert (story.headline, story.body) == ("A whole new story", "<p>Words.</p>")
    assert "never saved it" not in ann.get(ADD).content.decode()


def test_taken_words_merge_with_what_a_colleague_saved_meanwhile(ann, article):
    key = kept(ann, article, standfirst="It falls.")
    change(article, headline="High tide")
    ann.post(f"/admin/articles/article/{key}/take/")
    article.refresh_from_db()
    assert (article.headline, article.standfirst) == ("High tide", "It falls.")


def test_taken_words_that_a_colleague_changed_too_are_decided_side_by_side(ann, article):
    key = kept(ann, article, standfirst="It falls.")
    change(article, standfirst="It stays.")
    page = ann.post(f"/admin/articles/article/{key}/take/").content.decode()
    assert 'name="decide_standfirst"' in page
    assert f'action="{address(article)}"' in page
    assert Sitting.objects.get().words["standfirst"] == "It falls."


def test_taken_words_that_the_form_refuses_are_all_in_the_form(ann):
    key = kept(ann, None, headline="Tide", body="<p>Words.</p>", slug="not a slug")
    page = ann.post(f"/admin/articles/article/{key}/take/").content.decode()
    assert "not a slug" in page and "&lt;p&gt;Words.&lt;/p&gt;" in page
    assert f'name="sitting" value="{key}"' in page
    assert Sitting.objects.get().words["headline"] == "Tide"


def test_what_comes_late_never_replaces_what_was_typed_later(ann, article):
    key = kept(ann, article, number=7, standfirst="Later words")
    kept(ann, article, key=key, number=6, standfirst="Earlier words")
    assert Sitting.objects.get().words["standfirst"] == "Later words"


def save(client, article, key, number, standfirst):
    form = message(client, article, key=key, number=number, standfirst=standfirst)
    assert client.post(address(article), form | {"_continue": "1"}).status_code == 302
    article.refresh_from_db()
    assert article.standfirst == standfirst


def test_saving_the_form_ends_the_sitting_and_late_messages_do_not_revive_it(ann, article):
    key = kept(ann, article, number=7, standfirst="It falls.")
    save(ann, article, key, 7, "It falls.")
    late = ann.post(KEEP, message(ann, article, key=key, number=6, standfirst="It fal"))
    assert late.json()["offered"] is False
    assert Sitting.objects.get().words is None
    assert "never saved it" not in ann.get(address(article)).content.decode()


def test_a_save_that_says_no_number_ends_its_sitting_for_good(ann, article):
    key = kept(ann, article, standfirst="It falls.")
    save(ann, article, key, "", "It falls.")
    late = ann.post(KEEP, message(ann, article, key=key, number=2**53, standfirst="It fal"))
    assert late.json()["ended"] is True
    assert Sitting.objects.get().words is None


@pytest.mark.parametrize("save_is_first", [True, False])
def test_what_was_typed_after_a_save_went_out_is_offered_in_whatever_order_both_arrive(
    ann, article, save_is_first
):
    key = kept(ann, article, number=7, standfirst="It falls.")
    opened = snapshot.stored(article)
    moves = [
        lambda: save(ann, article, key, 7, "It falls."),
        lambda: kept(ann, article, key=key, number=8, base=opened, standfirst="It falls again."),
    ]
    for move in moves if save_is_first else reversed(moves):
        move()
    page = ann.get(address(article)).content.decode()
    assert "never saved it" in page and "again" in page
    article.refresh_from_db()
    assert article.standfirst == "It falls."


def test_words_that_came_while_the_page_was_made_are_found_by_its_first_message(ann, article):
    offered = kept(ann, article, standfirst="It falls.")
    page = ann.get(address(article)).context["offered"]
    assert page == str(offered)
    here = message(ann, article, number=0) | {"offered": page}
    assert ann.post(KEEP, here).json()["unshown"] is False
    late = kept(ann, article, standfirst="It falls again.")
    assert ann.post(KEEP, here).json()["unshown"] is True
    assert ann.post(KEEP, here | {"offered": f"{page} {late}"}).json()["unshown"] is False


def test_who_saved_and_went_on_is_not_another_tab(ann, article):
    key = kept(ann, article, number=7, standfirst="It falls.")
    save(ann, article, key, 7, "It falls.")
    assert ann.post(KEEP, message(ann, article, number=0)).json()["others"] == []


def test_a_save_that_is_refused_leaves_the_words_kept(ann, article):
    key = kept(ann, article, standfirst="It falls.", slug="not a slug")
    form = message(ann, article, key=key, standfirst="It falls.", slug="not a slug")
    page = ann.post(address(article), form)
    assert page.status_code == 200
    assert Sitting.objects.get().words["standfirst"] == "It falls."


def test_words_typed_and_taken_back_are_no_words(ann, article):
    key = kept(ann, article, standfirst="It falls.")
    kept(ann, article, key=key, number=2)
    assert Sitting.objects.get().words is None


def test_kept_words_that_are_stored_meanwhile_are_not_offered(ann, article):
    kept(ann, article, standfirst="It falls.")
    change(article, standfirst="It falls.")
    assert "never saved it" not in ann.get(address(article)).content.decode()


def test_everyone_sees_their_own_kept_words_alone(ann, article):
    key = kept(ann, article, standfirst="It falls.")
    bob = sign_in("Bob")
    assert "It falls." not in bob.get(address(article)).content.decode()
    for move in ("take", "drop"):
        assert bob.post(f"/admin/articles/article/{key}/{move}/").status_code == 404
    assert bob.post(KEEP, message(bob, article, key=key, number=9)).status_code == 403
    assert Sitting.objects.get().words["standfirst"] == "It falls."


def test_who_is_signed_out_or_somebody_else_by_now_is_told_so_and_nothing_is_kept(ann, article):
    sent = message(ann, article, standfirst="It falls.")
    assert Client().post(KEEP, sent).status_code == 401
    told = sign_in("Bob").post(KEEP, sent)
    assert told.status_code == 401 and told.json()["sign_in"] == "/admin/login/"
    assert not Sitting.objects.exists()


def test_who_may_not_change_a_story_keeps_nothing_there(article):
    reporter = sign_in("Rita", "Reporter")
    other = sign_in("Paula", "Profile manager")
    assert other.post(KEEP, message(other, article, headline="x")).status_code == 403
    sent = message(reporter, article, headline="x")
    # A story that the reporter may not even see is to them as one that was deleted.
    assert reporter.post(KEEP, sent).status_code == 200
    assert Sitting.objects.get().article is None


def test_words_for_a_story_that_was_deleted_meanwhile_are_kept_as_a_new_one(ann, article):
    sent = message(ann, article, standfirst="It falls.")
    article.delete()
    assert ann.post(KEEP, sent).status_code == 200
    assert "It falls." in ann.get(ADD).content.decode()


@pytest.mark.parametrize(
    "broken", [{"sitting": "x"}, {"number": "x"}, {"sitting": ""}, {"number": "9" * 30}]
)
def test_a_broken_message_is_refused(ann, article, broken):
    assert ann.post(KEEP, message(ann, article) | broken).status_code == 400


def since_when(key):
    return f"{timezone.localtime(Sitting.objects.get(key=key).opened_at):%-H:%M}"


def test_colleagues_see_that_the_other_is_there_until_they_leave(ann, article):
    bob = sign_in("Bob")
    key = kept(bob, article, standfirst="It falls.")
    here = message(ann, article, number=0)
    since = since_when(key)
    assert ann.post(KEEP, here).json()["others"] == [f"Bob has this story open too, since {since}."]
    bob.post(LEAVE, message(bob, article, key=key, number=0))
    assert ann.post(KEEP, here).json()["others"] == []


def test_the_same_person_in_two_tabs_is_two(ann, article):
    first = kept(ann, article)
    answer = ann.post(KEEP, message(ann, article, number=0))
    assert answer.json()["others"] == [
        f"You have this story open in another tab too, since {since_when(first)}."
    ]


def test_who_vanished_is_gone_after_half_a_minute(ann, article):
    bob = sign_in("Bob")
    kept(bob, article)
    Sitting.objects.update(seen_at=timezone.now() - timedelta(seconds=31))
    assert ann.post(KEEP, message(ann, article, number=0)).json()["others"] == []


def test_keeping_costs_the_same_few_queries_however_many_are_there(
    ann, article, django_assert_num_queries
):
    sent = message(ann, article, standfirst="It falls.")
    ann.post(KEEP, sent)
    # The session, the person and their permissions (4), the story, the sitting twice, the
    # others, and the beginnings and ends of transactions.
    with django_assert_num_queries(KEEPING_QUERIES):
        ann.post(KEEP, sent | {"number": 2, "standfirst": "It sinks."})
    for name in ("Bob", "Cleo", "Dan"):
        kept(sign_in(name), article)
    with django_assert_num_queries(KEEPING_QUERIES):
        ann.post(KEEP, sent | {"number": 3, "standfirst": "It sank."})


def test_a_save_that_came_before_any_message_is_known_to_the_one_that_comes_late(ann, article):
    form = message(ann, article, standfirst="It falls.")
    ann.post(address(article), form | {"_continue": "1"})
    late = ann.post(KEEP, form | {"delivered": "1"})
    assert late.json()["offered"] is False


def test_sittings_without_words_are_cleared_away_after_a_day_and_words_never(ann, article):
    kept(ann, article)
    kept(ann, article, standfirst="It falls.")
    Sitting.objects.update(seen_at=timezone.now() - timedelta(days=40))
    assert ann.post(LEAVE, message(ann, article, number=0)).status_code == 204
    assert Sitting.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).count() == 1
    assert Sitting.objects.get(words__isnull=False).words["standfirst"] == "It falls."


def test_a_form_costs_the_same_however_many_words_are_kept(ann, article):
    bob = make_person("Bob")
    long_ago = timezone.now() - timedelta(days=2)

    def cost_with(sittings):
        Sitting.objects.bulk_create(
            Sitting(key=uuid4(), user=bob, words={}, kept_at=long_ago, seen_at=long_ago)
            for _number in range(sittings)
        )
        return effort(ann, address(article))

    few = cost_with(20)
    # Looking at each of them takes more.
    assert cost_with(400) < few + 400


def test_rows_and_choices_are_kept_like_words(ann, article):
    author = make_author(name="Cleo Quay")
    rows = [{"author": str(author.pk), "name": "", "role": "data"}]
    key = kept(ann, article, bylines=rows)
    assert author.name in ann.get(address(article)).content.decode()
    ann.post(f"/admin/articles/article/{key}/take/")
    assert [(line.author, line.role) for line in article.bylines.all()] == [(author, "data")]


def test_words_outlive_the_story_they_were_typed_into(ann, article):
    kept(ann, article, standfirst="It falls.")
    article.delete()
    assert "It falls." in ann.get(ADD).content.decode()


def test_a_nul_character_does_not_keep_words_from_being_kept(ann, article):
    sent = message(ann, article) | {"standfirst": "It\0 falls.", "tags": ["Ti\0des"]}
    assert ann.post(KEEP, sent).status_code == 200
    words = Sitting.objects.get().words
    assert (words["standfirst"], words["tags"]) == ("It falls.", ["Tides"])


def test_every_story_that_was_never_saved_is_offered(ann):
    for number in range(12):
        kept(ann, headline=f"Unsaved {number}.")
    page = ann.get(ADD).content.decode()
    assert all(f"Unsaved {number}." in page for number in range(12))


def test_a_form_that_claims_to_have_rows_without_end_is_read_to_a_limit(ann, article):
    # The form itself reads no more rows either: that is Django's own limit.
    endless = {"bylines-TOTAL_FORMS": "9" * 12}
    assert ann.post(KEEP, message(ann, article, standfirst="x") | endless).status_code == 200


def new_form(client, **typed):
    """Return what the page for a new story sends when it is saved."""
    token = client.get(ADD).context["new_story"]
    typed = {"headline": "Tide", "slug": "tide", **typed}
    return message(client, **typed) | {"new_story": token, "_continue": "1"}


def test_a_new_story_whose_answer_was_lost_is_one_story_when_it_is_saved_again(ann):
    row = {"author": str(make_author(name="Cleo Quay").pk), "name": "", "role": "data"}
    form = new_form(ann, bylines=[row])
    ann.post(ADD, form)
    story = Article.objects.get()
    page = ann.post(ADD, form, follow=True)
    assert page.redirect_chain == [(address(story), 302)]
    assert Article.objects.get().bylines.count() == 1


def test_what_was_typed_on_after_a_lost_answer_is_decided_in_the_story_that_was_saved(ann):
    form = new_form(ann)
    ann.post(ADD, form)
    typed_on = form | {"headline": "High tide", "sitting": uuid4()}
    page = ann.post(ADD, typed_on).content.decode()
    assert 'name="decide_headline"' in page and "High tide" in page
    assert f'action="{address(Article.objects.get())}"' in page


@pytest.mark.django_db(transaction=True)
def test_one_new_form_that_is_sent_twice_at_the_same_time_is_one_story():
    ann = sign_in("Ann")
    form = new_form(ann)
    del form["sitting"]
    answers = at_once(lambda: ann.post(ADD, form), lambda: ann.post(ADD, form))
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Article.objects.count() == 1


def test_two_forms_are_two_stories(ann):
    ann.post(ADD, new_form(ann))
    ann.post(ADD, new_form(ann, slug="tide-2"))
    assert Article.objects.count() == 2


def test_a_key_that_is_somebody_elses_ends_nothing_of_theirs(ann, article):
    bob = sign_in("Bob")
    key = kept(bob, article, standfirst="It falls.")
    form = message(ann, article, key=key, headline="High tide") | {"_continue": "1"}
    assert ann.post(address(article), form).status_code == 302
    assert Sitting.objects.get(key=key).words["standfirst"] == "It falls."


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one lock for all")
@pytest.mark.django_db(transaction=True)
def test_words_are_kept_while_their_story_is_being_saved():
    """Each waiting for the other, the database would end one: a save, or what is typed."""
    ann, article = sign_in("Ann"), make_article()
    keys = []

    def keep():
        keys.append(kept(ann, article, standfirst="It falls."))
        connection.close()

    with transaction.atomic():
        locked = Article.objects.locked().get(pk=article.pk)
        keeping = threading.Thread(target=keep)
        keeping.start()
        keeping.join(timeout=15)
        assert len(keys) == 1
        Sitting.objects.end(str(keys[0]), ann.user, locked)
    assert Sitting.objects.get().words is None


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_of_the_first_two_messages_of_a_page_that_come_at_the_same_moment_both_are_taken():
    ann, article = sign_in("Ann"), make_article()
    first = message(ann, article, number=1, headline="Tide")
    second = message(ann, article, key=first["sitting"], number=2, headline="High")
    other = Client()
    other.force_login(ann.user)
    with just_before(
        'INSERT INTO "articles_sitting"', lambda: at_once(lambda: other.post(KEEP, second))
    ):
        assert ann.post(KEEP, first).status_code == 200
    assert Sitting.objects.get().words["headline"] == "High"

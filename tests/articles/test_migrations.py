"""Going back to an older schema, as one does when a new version has to be taken off again."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection

from articles import publishing
from articles.invariants import breaches
from articles.models import Edition, PageChange
from tests.factories import make_article


@pytest.mark.django_db(transaction=True)
def test_the_notes_to_readers_can_be_taken_off_again_and_the_rules_of_editions_hold():
    edition = publishing.publish(make_article())
    headline = "UPDATE articles_edition SET headline = 'Another' WHERE id = %s"
    try:
        call_command("migrate", "articles", "0010", verbosity=0)
        with connection.cursor() as cursor, pytest.raises(IntegrityError):
            cursor.execute(headline, [edition.pk])
    finally:
        call_command("migrate", "articles", verbosity=0)
    with connection.cursor() as cursor, pytest.raises(IntegrityError):
        cursor.execute(headline, [edition.pk])
    assert Edition.objects.live().get().pk == edition.pk


@pytest.mark.django_db(transaction=True)
def test_an_older_version_notes_merged_tags_by_its_own_rules_and_one_without_notes_has_none():
    publishing.publish(make_article(tags=["Chips"]))
    last = PageChange.objects.latest("pk").pk
    try:
        for version in ("0022", "0015"):
            call_command("migrate", "articles", version, verbosity=0)
            with connection.cursor() as cursor:
                cursor.execute("UPDATE articles_editiontag SET tag_id = tag_id")
            if version == "0022":
                assert PageChange.objects.filter(pk__gt=last).count() == 4
    finally:
        call_command("migrate", "articles", verbosity=0)
    assert [*breaches()] == []

"""Going back to an older schema, as one does when a new version has to be taken off again."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.migrations import AddField, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

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


# What the changelog says: a version before them is stopped before ``migrate``.
FROM_THE_BEGINNING = {
    "articles.0004_desk",
    "articles.0006_picture_uses",
    "articles.0007_tag_twins",
    "articles.0010_since_when",
    "articles.0011_changes_for_readers",
}


def test_what_a_migration_adds_to_a_table_may_be_left_out_by_processes_of_an_older_version():
    found = set()
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        own = {each.name_lower for each in migration.operations if isinstance(each, CreateModel)}
        for each in migration.operations:
            if app in ("articles", "authors") and isinstance(each, AddField):
                needed = not each.field.null and each.field.db_default is NOT_PROVIDED
                if needed and each.model_name_lower not in own:
                    found.add(f"{app}.{name}")
    assert found == FROM_THE_BEGINNING

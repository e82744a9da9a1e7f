import django.db.models.deletion
from django.db import migrations, models

from articles.search import indexing, postgresql, sqlite

BACKENDS = {"postgresql": postgresql, "sqlite": sqlite}


def create(apps, schema_editor):
    schema_editor.execute(BACKENDS[schema_editor.connection.vendor].CREATE)


def drop(apps, schema_editor):
    schema_editor.execute(BACKENDS[schema_editor.connection.vendor].DROP)


def fill(apps, schema_editor):
    indexing.fill(apps)


class Migration(migrations.Migration):
    dependencies = [("articles", "0011_changes_for_readers")]

    operations = [
        migrations.CreateModel(
            name="IndexedEdition",
            fields=[
                ("place", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "edition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="indexed",
                        to="articles.edition",
                    ),
                ),
            ],
            options={"verbose_name": "indexed edition"},
        ),
        migrations.CreateModel(
            name="KnownWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("word", models.CharField(max_length=30)),
                ("head", models.CharField(max_length=20)),
                ("tail", models.CharField(max_length=20)),
            ],
            options={
                "verbose_name": "known word",
                "constraints": [
                    models.UniqueConstraint(fields=["word"], name="known_word_once")
                ],
                "indexes": [
                    models.Index("head", name="known_word_head"),
                    models.Index("tail", name="known_word_tail"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MergedTag",
            fields=[
                ("former_id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="merged",
                        to="articles.tag",
                    ),
                ),
            ],
            options={"verbose_name": "merged tag"},
        ),
        migrations.RunPython(create, drop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

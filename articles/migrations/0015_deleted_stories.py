import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Cast


def note_the_deleted(apps, schema_editor):
    """Note the last save of each article that is no more."""
    Version = apps.get_model("reversion", "Version")
    there = apps.get_model("articles", "Article").objects.filter(
        pk=Cast(OuterRef("object_id"), models.BigIntegerField())
    )
    saves = Version.objects.filter(content_type__app_label="articles", content_type__model="article")
    gone = saves.filter(~Exists(there)).order_by("pk").values_list("object_id", "pk")
    last = {int(article_id): pk for article_id, pk in gone.iterator()}
    DeletedStory = apps.get_model("articles", "DeletedStory")
    DeletedStory.objects.bulk_create(
        DeletedStory(article_id=article_id, version_id=pk)
        for article_id, pk in sorted(last.items(), key=lambda each: each[1])
    )


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0014_sitemap_parts"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("reversion", "0002_add_index_on_version_for_content_type_and_db"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeletedStory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("article_id", models.BigIntegerField(unique=True)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deleted_stories",
                        to="reversion.version",
                    ),
                ),
            ],
            options={
                "verbose_name": "deleted story",
                "verbose_name_plural": "deleted stories",
            },
        ),
        migrations.RunPython(note_the_deleted, migrations.RunPython.noop),
    ]

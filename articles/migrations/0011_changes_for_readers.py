from django.db import migrations, models
from django.utils.dateparse import parse_datetime

from articles.models.edition_rules import install_edition_rules, lift_edition_rules


def note_when_corrected(apps, schema_editor):
    """Give the bylines of corrected editions the time of the latest correction."""
    Edition = apps.get_model("articles", "Edition")
    EditionByline = apps.get_model("articles", "EditionByline")
    noted = Edition.objects.exclude(corrections=[]).values_list("pk", "corrections")
    for pk, corrections in noted.iterator():
        moments = [
            parse_datetime(each["noted_at"]) for each in corrections if each["kind"] == "correction"
        ]
        if moments:
            EditionByline.objects.filter(edition=pk).update(corrected_at=max(moments))


class Migration(migrations.Migration):
    dependencies = [("articles", "0010_since_when")]

    operations = [
        # Of no effect forward; on the way back, the last thing done.
        migrations.RunPython(migrations.RunPython.noop, install_edition_rules),
        migrations.AddField(
            model_name="edition",
            name="note_to_readers",
            field=models.TextField(blank=True, verbose_name="note to readers"),
        ),
        migrations.AddField(
            model_name="editionbyline",
            name="corrected_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="edition",
            index=models.Index("article", "live_until", "live_from", name="edition_article_end"),
        ),
        migrations.AddIndex(
            model_name="editionbyline",
            index=models.Index(
                "author",
                models.F("corrected_at").desc(),
                "edition",
                condition=models.Q(corrected_at__isnull=False),
                name="edition_byline_corrected",
            ),
        ),
        migrations.RunPython(note_when_corrected, migrations.RunPython.noop),
        migrations.RunPython(install_edition_rules, lift_edition_rules),
    ]

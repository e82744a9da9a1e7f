from django.db import migrations, models

from articles.models.tag import TWIN_END, twin_key


def fill(apps, schema_editor):
    """Give each tag the keys that its twins are found by."""
    Tag = apps.get_model("articles", "Tag")
    tags = list(Tag.objects.only("name"))
    for tag in tags:
        tag.twin_key = twin_key(tag.name)
        tag.twin_head, tag.twin_tail = tag.twin_key[:TWIN_END], tag.twin_key[-TWIN_END:]
    Tag.objects.bulk_update(tags, ["twin_key", "twin_head", "twin_tail"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("articles", "0006_picture_uses")]

    operations = [
        *(
            migrations.AddField(
                "tag",
                name,
                models.CharField(max_length=length, editable=False, db_index=True, default=""),
                preserve_default=False,
            )
            for name, length in (("twin_key", 300), ("twin_head", 3), ("twin_tail", 3))
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0016_page_changes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="articleimage",
            index=models.Index(
                models.F("image"),
                models.OrderBy(models.F("article"), descending=True),
                name="article_image_latest",
            ),
        ),
        migrations.AddIndex(
            model_name="editionimage",
            index=models.Index(
                models.F("image"),
                models.OrderBy(models.F("edition"), descending=True),
                name="edition_image_latest",
            ),
        ),
    ]

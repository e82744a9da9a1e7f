from django.db import migrations

from articles.models.edition_rules import install_edition_rules


class Migration(migrations.Migration):
    dependencies = [("articles", "0004_desk")]

    operations = [migrations.RunPython(install_edition_rules, migrations.RunPython.noop)]

from django.db import migrations

from articles.models.edition_rules import install_edition_rules


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial")]

    operations = [
        # Dropping the table, which is all the way back, drops the rules with it.
        migrations.RunPython(install_edition_rules, migrations.RunPython.noop),
    ]

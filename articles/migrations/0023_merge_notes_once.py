from functools import partial

from django.db import migrations

from articles.models.page_change_rules import (
    FORMER_RULES,
    install_page_change_rules,
    remove_page_change_rules,
)


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0022_changes_in_order'),
    ]

    operations = [
        migrations.RunPython(
            partial(remove_page_change_rules, rules=FORMER_RULES),
            partial(install_page_change_rules, rules=FORMER_RULES),
        ),
    ]

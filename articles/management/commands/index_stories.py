from django.core.management.base import BaseCommand
from django.db import transaction

from articles.page_tags import note_index_anew
from articles.search import indexing


class Command(BaseCommand):
    help = "Makes the search's index anew: after LANGUAGE_CODE has changed."

    def add_arguments(self, parser):
        parser.add_argument(
            "--older",
            action="store_true",
            help="only what an older version has taken in: once all processes are of the new one",
        )

    @transaction.atomic
    def handle(self, *, older, **options):
        if older:
            indexing.renew()
        else:
            indexing.make_anew()
        note_index_anew()

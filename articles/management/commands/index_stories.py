from django.core.management.base import BaseCommand
from django.db import transaction

from articles.search import indexing


class Command(BaseCommand):
    help = "Makes the search's index anew: after LANGUAGE_CODE has changed."

    @transaction.atomic
    def handle(self, **options):
        indexing.make_anew()

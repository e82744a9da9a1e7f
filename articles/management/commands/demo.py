from django.core.management.base import BaseCommand

from articles.demo.loading import load
from articles.models import Article, Section
from authors.models import Author


class Command(BaseCommand):
    help = (
        "Makes the demo newsroom: sections, series, authors, pictures and stories. "
        "Run again, it makes only what is missing."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing where there is an author, a section or a story already",
        )

    def handle(self, *args, if_empty, **options):
        if if_empty and any(model.objects.exists() for model in (Article, Section, Author)):
            return
        self.stdout.write(f"Demo newsroom: {load()} stories made")

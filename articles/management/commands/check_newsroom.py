from django.core.management.base import BaseCommand, CommandError

from articles.invariants import breaches


class Command(BaseCommand):
    help = (
        "Asks the database whether all is as it has to be: after a restore, or a machine's death. "
        "Prints a sentence for each thing that is not, and fails if there is one."
    )

    def handle(self, **options):
        found = 0
        for sentence in breaches():
            found += 1
            self.stdout.write(sentence)
        if found:
            raise CommandError(f"Not as it has to be: {found}")
        self.stdout.write("All is as it has to be.")

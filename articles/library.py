"""The image library: a file comes in once, is replaced in place, is found where it is used."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from articles.models import ArticleImage, Edition, Image, ReplacedFile
from newsroom.pictures import PictureFormField, no_file_left_behind

# So many stories are named as users of a picture; a logo may have a million.
USES_SHOWN = 30
EDITIONS_READ = 300
# A logo’s live stories are counted no further.
COUNTED = 100


@dataclass
class Use:
    """How one story uses a picture.

    ``in_working_copy`` says so of the desk's copy; ``live`` is the edition with it that
    readers see now, ``to_come`` one that is scheduled, ``former`` the last they saw.
    """

    article_id: int
    in_working_copy: bool = False
    live: Edition | None = None
    to_come: Edition | None = None
    former: Edition | None = None


def add(upload, by):
    """Store an uploaded file with the words that it brings along; return (image, is_new).

    A file that was uploaded before is not stored again: its image is returned.
    Raises ValidationError for what is no picture.
    """
    picture = PictureFormField().clean(upload)
    known = Image.objects.filter(checksum=picture.checksum).first()
    if known:
        return known, False
    image = Image(file=picture, checksum=picture.checksum, uploaded_by=by)
    for name, text in vars(picture.words).items():
        setattr(image, name, text[: Image._meta.get_field(name).max_length])
    try:
        with no_file_left_behind(image, "file"), transaction.atomic():
            image.save()
    except IntegrityError:
        # Somebody else uploaded the same file at this moment.
        return Image.objects.get(checksum=picture.checksum), False
    return image, True


def keep_former_file(image, by):
    """Record the file that an image, as it is stored, is about to lose. Needs a transaction."""
    stored = Image.objects.select_for_update().get(pk=image.pk)
    ReplacedFile.objects.create(
        image=image,
        file=stored.file.name,
        width=stored.width,
        height=stored.height,
        checksum=stored.checksum,
        replaced_by=by,
    )


@transaction.atomic
def bring_back(former, by):
    """Give an image one of its former files back; what it had until now becomes a former one."""
    keep_former_file(former.image, by)
    image = Image.objects.get(pk=former.image_id)
    # Uploaded again meanwhile, the file is recognised there.
    is_free = not Image.objects.filter(checksum=former.checksum).exclude(pk=image.pk).exists()
    image.file = former.file.name
    image.checksum = former.checksum if is_free else ""
    image.save()
    former.delete()


def live_stories(image):
    """Return how many stories show a picture to readers now; COUNTED + 1 for all that is more."""
    live = Edition.objects.live().filter(images=image)
    return live.order_by().values("pk")[: COUNTED + 1].count()


def in_figures(count):
    """Return what ``live_stories`` counted, as "12" or "100+"."""
    return f"{COUNTED}+" if count > COUNTED else str(count)


def uses(image):
    """Return ([Use], whether there are more): the stories that use a picture, the latest first."""
    found = {}
    working = ArticleImage.objects.filter(image=image).order_by("-article_id")
    for article_id in working.values_list("article_id", flat=True)[: USES_SHOWN + 1]:
        found[article_id] = Use(article_id, in_working_copy=True)
    now = timezone.now()
    editions = Edition.objects.that_hold().filter(edition_images__image=image).defer("body")
    # By the column that their index ends in: what it finds first is looked up, no more.
    for edition in editions.order_by("-edition_images__edition_id")[:EDITIONS_READ]:
        use = found.setdefault(edition.article_id, Use(edition.article_id))
        if edition.live_from > now:
            use.to_come = use.to_come or edition
        elif edition.live_until is None or edition.live_until > now:
            use.live = edition
        else:
            use.former = use.former or edition
    latest_first = sorted(found.values(), key=lambda use: use.article_id, reverse=True)
    return latest_first[:USES_SHOWN], len(found) > USES_SHOWN

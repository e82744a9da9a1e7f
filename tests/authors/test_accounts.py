"""Accounts: how people prove who they are at the desk, and what whoever is not them cannot do."""

import pytest
from django.contrib.auth.hashers import identify_hasher

from tests.factories import make_person

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


@pytest.mark.parametrize(
    "weak", ["elevenchars", "123456789012345", "nora-lindqvist", "q1w2e3r4t5y6"]
)
def test_a_password_that_is_soon_guessed_is_refused_with_the_reason(client, ann, weak):
    client.force_login(ann)
    nora = make_person("nora-lindqvist", password=PASSWORD)
    form = {"usable_password": "true", "password1": weak, "password2": weak}
    answer = client.post(f"/admin/auth/user/{nora.pk}/password/", form)
    assert answer.status_code == 200 and "errorlist" in answer.text
    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)


def test_passwords_are_hashed_so_that_guessing_costs_memory():
    assert identify_hasher(make_person("nora", password=PASSWORD).password).algorithm == "scrypt"

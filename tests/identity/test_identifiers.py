"""Ids and names that could be taken for another's (URS-UNQ-01, URS-MAN-02), and one account a person (URS-UNQ-03)."""

import dataclasses

import psycopg
import pytest
from django.db import connection

from indelible.kernel.audit.actions import act
from indelible.kernel.identity import actions, queries
from indelible.kernel.identity.events import PERSON_CHANGE
from indelible.kernel.identity.skeletons import email_key, skeleton, staff_key
from indelible.kernel.identity.types import Newcomer
from tests import people
from tests.signatures import signing

DISGUISES = [
    "jsmith",
    "JSmith",
    "jsmith ",
    " jsmith",
    "js mith",
    "j.smith",
    "j\u0455mith",
    "jsm1th",
    "jsmlth",
    "JSM\u0406TH",
    "js\u200bmith",
    "js\u00admith",
    "\uff4a\uff53\uff4d\uff49\uff54\uff48",
    "\U0001d423smith",
    "jsm\u00edth",
    "jsrnith",
    "jsmith\u3164",
    "\u0458smith",
    "jsmit\u04bb",
    "jsmith\x00",
]

LOOKALIKES = [
    "S77",
    "S 77",
    "S\u201377",
    "S\u201177",
    "\u0405-77",
    "\uff33-\uff17\uff17",
    "S_77",
    "S-7\u200b7",
]

SMITH = Newcomer(
    user_id="jsmith", name="Joan Smith", email="joan@acme.example", staff_number="S-77", site="BSL"
)


@pytest.mark.urs("URS-UNQ-01")
def test_a_leavers_id_never_comes_back_in_any_disguise(stocked, refused):
    sam, uma = people.signed_in(people.SAM), people.signed_in(people.UMA)
    actions.create_person(sam, SMITH)
    actions.deactivate_person(uma, "jsmith", reason="left the company at the end of May")
    for number, disguise in enumerate(DISGUISES):
        other = Newcomer(
            user_id=disguise, name=f"Other{'a' * number} Person", email=f"o{number}@b.example", site="BSL"
        )
        with refused("id_taken", urs="URS-UNQ-01"):
            actions.create_person(sam, other)
    assert queries.person_of("jsmith").name == "Joan Smith"


@pytest.mark.parametrize("disguise", DISGUISES)
def test_every_disguise_has_the_look_of_the_id(disguise):
    assert skeleton(disguise) == skeleton("jsmith")


@pytest.mark.parametrize("other", ["jsmithe", "jsnith", "asmith", "王芳", "محمد", "Иванов", "jsmith2"])
def test_what_reads_differently_is_another_id(other):
    assert skeleton(other) not in {"", skeleton("jsmith")}


@pytest.mark.urs("URS-UNQ-03")
@pytest.mark.parametrize(
    "same",
    [
        {"email": "Joan+x@ACME.example"},
        {"staff_number": "s-77"},
        {"staff_number": " S-77 "},
        *({"staff_number": one} for one in LOOKALIKES),
    ],
)
def test_a_second_account_of_the_same_person_is_refused_and_points_to_the_first(stocked, refused, same):
    sam = people.signed_in(people.SAM)
    actions.create_person(sam, SMITH)
    other = dataclasses.replace(
        SMITH,
        **{"user_id": "joanna", "name": "Joan Baker", "email": "q@r.example", "staff_number": "", **same},
    )
    with refused("person_known", urs="URS-UNQ-03") as caught:
        actions.create_person(sam, other)
    assert "jsmith" in caught.value.detail


@pytest.mark.urs("URS-UNQ-03")
def test_staff_numbers_that_a_separator_tells_apart_are_two(stocked):
    sam = people.signed_in(people.SAM)
    actions.create_person(sam, dataclasses.replace(SMITH, staff_number="1-23"))
    other = dataclasses.replace(SMITH, user_id="joanna", name="Joan Baker", email="q@r.example")
    assert actions.create_person(sam, dataclasses.replace(other, staff_number="12-3")).staff_number == "12-3"
    assert staff_key("1\u201323") == staff_key("1 23") != staff_key("12-3")


def test_one_mailbox_has_one_key_however_it_is_written():
    assert email_key("Ana.B+x@Ex.ORG.") == email_key("ana.b@ex.org")


@pytest.mark.urs("URS-MAN-02")
@pytest.mark.parametrize(
    "name", ["Petra Novak", "petra  novak", "P\u0435tra Novak", "Petra Nov\u00e1k", "Petra-Novak"]
)
def test_a_name_that_reads_like_anothers_is_refused(stocked, refused, name):
    newcomer = Newcomer(user_id="newone", name=name, email="n@acme.example", site="BSL")
    who = people.signed_in(people.SAM)
    with refused("name_taken", urs="URS-MAN-02"):
        actions.create_person(who, newcomer)


@pytest.mark.urs("URS-MAN-02")
@pytest.mark.parametrize("name", ["Ana Approved", "Released Rita", "\u0410pproved Bo"])
def test_a_name_holds_no_word_of_a_verdict(stocked, refused, name):
    newcomer = Newcomer(user_id="newone", name=name, email="n@acme.example", site="BSL")
    who = people.signed_in(people.SAM)
    with refused("name_taken"):
        actions.create_person(who, newcomer)


@pytest.mark.urs("URS-ACC-02")
@pytest.mark.parametrize(
    ("user_id", "name"),
    [
        ("qc-lab", "Rosa Diaz"),
        ("qclab", "QC-Lab"),
        ("shift2", "Shared Account"),
        ("x1", "QC Lab Basel"),
        ("admin", "A B"),
        ("x2", "Ana Alvarez and Raj Rao"),
        ("x3", "Ana und Raj"),
        ("x4", "Ana Alvarez et Raj Rao"),
        ("x5", "Maria Diaz, Peter Weber"),
        ("x6", "Warehouse Team"),
        ("x7", "Night Shift"),
        ("x8", "Microbiology Lab"),
        ("x9", "Packaging Line"),
        ("x10", "Goods Receiving"),
        ("x11", "Production"),
        ("x12", "Night Sh\u0456ft"),
    ],
)
def test_a_department_gets_no_account(stocked, refused, user_id, name):
    newcomer = Newcomer(user_id=user_id, name=name, email="lab@acme.example", site="BSL")
    who = people.signed_in(people.SAM)
    with refused("shared_account", urs="URS-ACC-02"):
        actions.create_person(who, newcomer)


@pytest.mark.parametrize(
    "name",
    [
        "Elihu Root",
        "Christopher Guest",
        "Ngô Đình Nhu",
        "王小芳",
        "Mary-Jane O’Neill",
        "Sukarno",
        "Diaz, Maria",
        "Maria von und zu Hohenlohe",
        "García López, María",
        "Ahmed El Sayed",
        "Anne Line",
        "Sammy Davis, Jr.",
        "Juan Ortega y Gasset",
    ],
)
def test_names_of_real_people_are_taken_as_they_are(stocked, name):
    newcomer = Newcomer(user_id="newone", name=name, email="n@acme.example", site="BSL")
    assert actions.create_person(people.signed_in(people.SAM), newcomer).name == name


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user_id": "x"}, "user_id"),
        ({"user_id": "a|b|c"}, "user_id"),
        ({"user_id": "\u200b\u200b\u200b"}, "user_id"),
        ({"user_id": "n" * 65}, "user_id"),
        ({"name": "\u3164"}, "name"),
        ({"name": "7 8 9"}, "name"),
        ({"name": "<b>Bo Li</b>"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"site": "NOWHERE"}, "site"),
        ({"site": "\x00"}, "site"),
        ({"user_id": "access"}, "user_id"),
        ({"user_id": "new"}, "user_id"),
    ],
)
def test_details_that_cannot_be_kept_are_named(stocked, refused, change, field):
    newcomer = dataclasses.replace(SMITH, **change)
    who = people.signed_in(people.SAM)
    with refused("details_wrong") as caught:
        actions.create_person(who, newcomer)
    assert field in caught.value.fields


@pytest.mark.urs("URS-MAN-02")
def test_a_renamed_person_stays_the_same_person(stocked, refused):
    sam = people.signed_in(people.SAM)
    with refused("reason_missing"):
        actions.change_person(sam, "ana", name="Ana Alvarez-Roth", reason="")
    with refused("reason_filler"):
        actions.change_person(sam, "ana", name="Ana Alvarez-Roth", reason="update")
    with refused("name_taken"):
        actions.change_person(sam, "ana", name="Raj Ramanathan", reason="marriage certificate seen")
    with refused("own_rights"):
        actions.change_person(sam, "sam", name="Sam Smith", reason="marriage certificate seen")
    actions.change_person(
        sam,
        "ana",
        name="Ana Alvarez-Roth",
        zone="America/New_York",
        site="SIN",
        reason="marriage certificate seen",
    )
    assert people.signed_in(people.ANA).name == "Ana Alvarez-Roth"
    assert people.signed_in(people.ANA).sites == ("SIN",)


@pytest.mark.urs("URS-UNQ-01", "URS-ACC-02", "URS-UNQ-02")
def test_an_account_is_not_handed_on_by_its_name(stocked, refused):
    sam, uma, ana = (people.signed_in(p) for p in (people.SAM, people.UMA, people.ANA))
    record = signing.capa(ana)
    actions.change_person(sam, "ana", name="Nina Berg", reason="married, certificate seen")
    ana = people.signed_in(people.ANA)
    with refused("identity_unverified", urs="URS-UNQ-02"):
        signing.submit(ana, record, signing.all_of(people.ANA))
    with refused("second_person"):
        people.confirm(sam, "ana")
    other = Newcomer(user_id="other", name="Ana Alvarez", email="o@acme.example", site="BSL")
    with refused("name_taken"):
        actions.create_person(sam, other)
    with refused("name_taken"):
        actions.change_person(sam, "tom", name="Ana Alvarez", reason="typed it wrong at first")
    people.confirm(uma, "ana")
    assert signing.submit(ana, record, signing.all_of(people.ANA)).user_id == "ana"
    actions.change_person(sam, "ana", name="Ana Alvarez", reason="divorced, certificate seen")
    assert queries.person_of("ana").name == "Ana Alvarez"


@pytest.mark.urs("URS-UNQ-02")
def test_a_first_secret_waits_for_who_was_confirmed_under_this_name(stocked, refused):
    sam, uma = people.signed_in(people.SAM), people.signed_in(people.UMA)
    actions.create_person(sam, SMITH)
    people.confirm(uma, "jsmith")
    actions.change_person(sam, "jsmith", name="Jane Smyth", reason="opened under the wrong name")
    with refused("identity_unverified"):
        actions.issue_secret(sam, "jsmith", reason="first secret of a new account")
    people.confirm(uma, "jsmith")
    assert actions.issue_secret(sam, "jsmith", reason="first secret of a new account")


@pytest.mark.urs("URS-UNQ-01")
@pytest.mark.parametrize("change", ["user_id = 'other'", "skeleton = 'other'", "id = 9999"])
def test_no_program_gives_an_id_to_another_even_inside_an_act(stocked, refused, change):
    said, sam = f"update identity_person set {change} where user_id = 'ana'", people.signed_in(people.SAM)
    with (
        refused("append_only"),
        act(sam, PERSON_CHANGE, object="person:ana", reason="tried by a program"),
        connection.cursor() as cursor,
    ):
        cursor.execute(said)
    with pytest.raises(psycopg.Error, match=r"belongs to its person for ever"):
        stocked.superuser(said)

"""Invented teams, schools, families and children. Nobody here exists; the same seed gives the same town.

UPNs use establishment 0099, which no school has, with true check letters; phones are from the range that
Ofcom keeps for drama.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from casework.identifiers import upn_check_letter

CHILDREN_PER_SCHOOL = 60
TEAMS = (("Swale Outreach", "Swale"), ("Thanet Outreach", "Thanet"), ("Canterbury Outreach", "Canterbury"))
WORKERS = (
    ("Robin Sample", "inclusion-attendance", 0),
    ("Amara Sample", "early-help", 0),
    ("Dev Sample", "social-care", 1),
    ("Nell Sample", "early-help", 1),
    ("Joss Sample", "youth-justice", 2),
    ("Maya Sample", "school-nursing", 2),
)
"""Name, agency and team of each worker; the first is whose laptop it is."""

_FORENAMES = (
    "Aaliyah Aisha Alfie Amelia Anaïs Aoife Archie Ava Ben Bodhi Callum Chloé Daisy Daniel Elif Ella "
    "Ethan Eva Farah Finley Freya George Hamza Harper Imogen Isla Ivy Jakub Jayden Kayleigh Leo Lily "
    "Logan Łukasz Maisie Marcel Mason Mia Mohammed Nia Noah Oliwia Oscar Poppy Priya Renée Reuben "
    "Riley Rosie Ruby Saoirse Siobhán Sunny Tilly Toby Tomasz Willow Yusuf Zara Zoë"
).split()
_SURNAMES = (
    "Adeyemi Ahmed Baker Begum Brook Chowdhury Clarke Cole Cooper Dąbrowska Davies Doherty Ferreira "
    "Fisher Fletcher Ford Grant Green Hall Harding Hassan Hughes Hunt Iqbal Jackson Kaur Khan "
    "Kowalska Lane Lawson MacLeod Marsh McDonald Mensah Mills Moore Nguyen Novák O'Brien Okafor Orr "
    "Palmer Patel Reed Reyes Rossi Shah Silva Smith Stone Thapa Turner Wallace Ward Webb Weir West "
    "Young"
).split()
_WOMEN = "Anna Beth Donna Emma Fatima Grace Helen Jo Karen Maria Nadia Rita Tara".split()
_MEN = "Alex Carl Ian Liam Paul Sam Vic".split()
_NAMES = len(_WOMEN) + len(_MEN)
_STREETS = (
    "Quarry Lane|Harbour Parade|Oast Way|Mill Rise|Samphire Close|Lantern Road|Cherry Yard|Tide Street"
).split("|")


@dataclass(frozen=True, slots=True)
class DemoSchool:
    """An invented school: its numbers, its team, and the shape in which it exports its register."""

    urn: str
    name: str
    estab: str
    team: int
    shape: str
    youngest: int
    spoc: tuple[str, str]
    """The single point of contact, and how to reach them."""
    liaison: tuple[str, str]
    """The School Liaison Officer, and how to reach them."""


_LIAISON = (
    ("Fern Invented", "01632 960301, fern@team.example"),
    ("Glen Sample", "01632 960302, glen@team.example"),
    ("Hope Nobody", "01632 960303, mornings"),
)

SCHOOLS = (
    DemoSchool(
        "999101",
        "Lantern Hill Primary",
        "0081",
        0,
        "long",
        4,
        ("Ms Sample, SENCO", "01632 960401, office@lantern.example"),
        _LIAISON[0],
    ),
    DemoSchool(
        "999102",
        "Samphire Bay Academy",
        "0082",
        0,
        "wide",
        11,
        ("Mr Invented, head of year", "01632 960402, after 15:00"),
        _LIAISON[0],
    ),
    DemoSchool(
        "999103",
        "St Osyth Invented CE Primary",
        "0083",
        1,
        "tabs",
        4,
        ("Mrs Nobody, attendance lead", "01632 960403"),
        _LIAISON[1],
    ),
    DemoSchool(
        "999104",
        "Oast Park School",
        "0084",
        1,
        "weekly",
        7,
        ("Mr Example, deputy head", "01632 960404, attendance@oast.example"),
        _LIAISON[1],
    ),
    DemoSchool(
        "999105",
        "Tidewater Free School",
        "0085",
        2,
        "days",
        11,
        ("Ms Madeup, safeguarding lead", "01632 960405, before 9:00"),
        _LIAISON[2],
    ),
)


@dataclass(frozen=True, slots=True)
class DemoAdult:
    """An adult who is called when a child is not in."""

    title: str
    forename: str
    surname: str
    relationship: str
    responsibility: bool
    phone: str


@dataclass(frozen=True, slots=True)
class DemoChild:
    """An invented child; `absence` is the share of days missed, `school` an index into SCHOOLS."""

    upn: str
    forename: str
    surname: str
    known_as: str
    dob: date
    school: int
    year_group: str
    reg: str
    sen: str
    address: str
    adults: tuple[DemoAdult, ...]
    absence: float
    looked_after: bool
    meals: bool


def invent(seed: int, today: date) -> list[DemoChild]:
    """The children of the five schools, families together, siblings sometimes in two schools."""
    rng = random.Random(seed)
    rooms = [CHILDREN_PER_SCHOOL] * len(SCHOOLS)
    children: list[DemoChild] = []
    serial = 0
    while any(rooms):
        surname = rng.choice(_SURNAMES)
        street = f"{rng.randint(1, 98)} {rng.choice(_STREETS)}"
        address = f"{street}, Invented-on-Sea, ZZ{rng.randint(1, 9)} {rng.randint(1, 9)}AA"
        adults = _adults(rng, surname)
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            open_schools = [n for n, left in enumerate(rooms) if left]
            if not open_schools:
                break
            school = rng.choice(open_schools)
            rooms[school] -= 1
            serial += 1
            children.append(_child(rng, serial, surname, school, address, adults, today))
    return children


def _name(names: Sequence[str], drawn: int) -> str:
    return names[drawn % len(names)]


def _adults(rng: random.Random, surname: str) -> tuple[DemoAdult, ...]:
    kinds = (("Ms", "MOT", True), ("Mr", "FAT", rng.random() < 0.8), ("Mrs", "GPR", False))
    count = rng.choice((1, 2, 2, 3))
    return tuple(
        DemoAdult(
            title,
            _name(_MEN if title == "Mr" else _WOMEN, rng.randrange(_NAMES)),
            surname,
            kind,
            responsibility,
            f"07700 900{rng.randint(0, 999):03d}",
        )
        for title, kind, responsibility in kinds[:count]
    )


def _child(
    rng: random.Random,
    serial: int,
    surname: str,
    school: int,
    address: str,
    adults: tuple[DemoAdult, ...],
    today: date,
) -> DemoChild:
    age = SCHOOLS[school].youngest + rng.randint(1, 5)
    school_year = today.year if today.month >= 9 else today.year - 1
    dob = date(school_year - age - 1, 9, 1).toordinal() + rng.randint(0, 364)
    year_group = age - 4
    forename = rng.choice(_FORENAMES)
    body = f"8860099{(school_year - year_group) % 100:02d}{serial % 1000:03d}"
    return DemoChild(
        upn=upn_check_letter(body) + body,
        forename=forename,
        surname=surname,
        known_as=forename[:3] if rng.random() < 0.1 else "",
        dob=date.fromordinal(dob),
        school=school,
        year_group=str(year_group),
        reg=f"{year_group}{rng.choice('AB')}",
        sen=rng.choice("NNNNNNNKKE"),
        address=address,
        adults=adults,
        absence=rng.choices((0.01, 0.03, 0.05, 0.09, 0.16, 0.28, 0.6), (30, 30, 20, 10, 6, 3, 1))[0],
        looked_after=rng.random() < 0.02,
        meals=rng.random() < 0.25,
    )

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import search
from storage.search import Entry, NameSearch, index_child, index_many, remove

PEOPLE = [
    Entry("siobhan", "Siobhan", "O'Brien", upn="A820099900011", address="14 High Street, Herne Bay CT6 5AB"),
    Entry("kayleigh", "Kayleigh", "Smith-Jones", upn="A820099900022", school="Harbour Primary School"),
    Entry("aoife", "Aoife", "Murphy", former="Aoife Byrne", upn="A820099900033 B820099900044"),
    Entry("mohammed", "Mohammed", "Khan", known_as="Mo", school="Harbour Primary School"),
    Entry("zoe", "Zoë", "Weiß", known_as="Zed"),
    Entry("lukasz", "Łukasz", "Wiśniewski", known_as="Lucky"),
    Entry("bo", "Bo", "Li"),
    Entry("bonnie", "Bonnie", "Liddell"),
    Entry("nguyen", "Thi Mai", "Nguyen"),
    Entry("delacruz", "María José", "de la Cruz"),
    Entry("mcdonald", "Sean", "McDonald", school="St. Mary's C.E. Primary"),
    Entry("james", "James", "Thomas"),
    Entry("thomas", "Thomas", "James"),
    Entry("ivan", "Иван", "Петров"),
    Entry("annex", "Anne [/] x", "Null"),
    Entry("rosemarie", "Rosemarie", "Null"),
]


@pytest.fixture(params=["sqlcipher", "sqlite"])
def conn(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "sqlcipher":
        made = sqlcipher.connect(str(tmp_path / "s.db"), isolation_level=None)
        made.execute(f"pragma key=\"x'{'0f' * 32}'\"")
    else:
        made = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    made.execute("pragma trusted_schema = OFF")
    search.create(made)
    yield made
    made.close()


@pytest.fixture
def find(conn: Any) -> Callable[..., list[str]]:
    index_many(conn, PEOPLE)
    finder = NameSearch(conn)
    return lambda text, limit=20: [hit.id for hit in finder.search(text, limit)]


Find = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("typed", "child"),
    [
        ("Siobhan", "siobhan"),
        ("siob", "siobhan"),
        ("Shivaun", "siobhan"),
        ("Soibhan", "siobhan"),
        ("Siobhn", "siobhan"),
        ("Siobhann", "siobhan"),
        ("soibh", "siobhan"),
        ("O'Brien", "siobhan"),
        ("O’Brien", "siobhan"),
        ("obrien", "siobhan"),
        ("o brien", "siobhan"),
        ("obrein", "siobhan"),
        ("obrien siobhan", "siobhan"),
        ("siobhanobrien", "siobhan"),
        ("Shivaun OBrian", "siobhan"),
        ("Caley", "kayleigh"),
        ("smith jones", "kayleigh"),
        ("smithjones", "kayleigh"),
        ("Smith-Jones, Kayleigh", "kayleigh"),
        ("jones kay", "kayleigh"),
        ("Eefa", "aoife"),
        ("byrne", "aoife"),
        ("Muhammad", "mohammed"),
        ("Muhammad Kahn", "mohammed"),
        ("mo", "mohammed"),
        ("mo khan", "mohammed"),
        ("ZOE", "zoe"),
        ("zoe weiss", "zoe"),
        ("Zed", "zoe"),
        ("Lukasz", "lukasz"),
        ("lukash", "lukasz"),
        ("Wisniewski", "lukasz"),
        ("lucky", "lukasz"),
        ("Bo", "bo"),
        ("Li", "bo"),
        ("li bo", "bo"),
        ("Nguyen", "nguyen"),
        ("nguyn", "nguyen"),
        ("mai", "nguyen"),
        ("de la cruz", "delacruz"),
        ("delacruz", "delacruz"),
        ("maria jose", "delacruz"),
        ("mc donald", "mcdonald"),
        ("macdonald", "mcdonald"),
        ("rose marie", "rosemarie"),
        ("null rose marie", "rosemarie"),
        ("shaun mcdonald", "mcdonald"),
        ("иван", "ivan"),
        ("Петров Иван", "ivan"),
        ("Anne [/] x", "annex"),
        ("A820099900011", "siobhan"),
        ("a8200999 00011", "siobhan"),
        ("a82009990001", "siobhan"),
        ("B820099900044", "aoife"),
        ("high street", "siobhan"),
        ("ct6 5ab", "siobhan"),
        ("CT65AB", "siobhan"),
        ("khan harbour", "mohammed"),
        ("st marys", "mcdonald"),
    ],
)
def test_first_found(find: Find, typed: str, child: str) -> None:
    assert find(typed)[:1] == [child]


@pytest.mark.parametrize("name", ["siobhan", "kayleigh", "mohammed", "nguyen", "wisniewski"])
def test_every_letter_typed_keeps_the_child(find: Find, name: str) -> None:
    for length in range(1, len(name) + 1):
        assert len(find(name[:length])) > 0
    assert find(name[:3])


def test_reasons_and_their_order(conn: Any) -> None:
    index_many(
        conn,
        [
            Entry("sounds", "Shawn", "Aaa"),
            Entry("known", "Peter", "Bbb", known_as="Seanie"),
            Entry("former", "Paul", "Ccc", former="Sean Ddd"),
            Entry("begins", "Seanna", "Eee"),
            Entry("called", "Mary", "Fff", known_as="Sean"),
            Entry("exact", "Sean", "Ggg"),
            Entry("school", "Tim", "Hhh", school="Sean's School"),
            Entry("spelt", "Zsean", "Iii"),
        ],
    )
    hits = NameSearch(conn).search("sean")
    reasons = [(hit.id, hit.why) for hit in hits]
    assert reasons[:5] == [
        ("exact", "name"),
        ("called", "known as"),
        ("begins", "name begins so"),
        ("known", "known as"),
        ("former", "former name"),
    ]
    assert sorted(reasons[5:7]) == [("sounds", "sounds alike"), ("spelt", "spelt alike")]
    assert reasons[7] == ("school", "school")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 < hit.score <= 100 for hit in hits)


def test_typed_order_breaks_ties(find: Find) -> None:
    assert find("james thomas")[:2] == ["james", "thomas"]
    assert find("thomas james")[:2] == ["thomas", "james"]


def test_one_known_word_is_offered_low(conn: Any, find: Find) -> None:
    hits = NameSearch(conn).search("siobhan qqqqzzzz")
    assert [hit.id for hit in hits] == ["siobhan"]
    assert hits[0].score < 50
    assert hits[0].why == "one word only, name"


def test_the_kind_of_a_street_finds_nobody_by_itself(conn: Any, find: Find) -> None:
    assert find("12 tide street") == []
    assert find("street") == ["siobhan"], "where nothing else is typed"
    assert [hit.why for hit in NameSearch(conn).search("12 high street")] == ["one word only, address"]


def test_limit_and_nothing(find: Find) -> None:
    assert len(find("s", 2)) == 2
    assert find("siobhan", 0) == []
    assert find("qqqqzzzz") == []
    assert find("") == []
    assert find("  '* ") == []


@pytest.mark.parametrize(
    "typed",
    [
        "x" * 5_000,
        "o " * 2_500,
        '"',
        "'",
        "*",
        'name: "x"',
        "{name}: x",
        "siobhan AND",
        "NOT siobhan",
        "NEAR(a b)",
        "a OR b",
        "-siobhan",
        "^siobhan",
        "siobhan*",
        "col:siobhan",
        "'; DROP TABLE search_doc; --",
        "%_",
        "\x00\x1b]52;c;x\x07",
        "\u202eenna",
        "\ud800",
        "ﷺ",
        "𞤀𞤁",
        "क्षेत्र",
        "²³",
        "김민준 👩🏽",
    ],
)
def test_any_signs_are_only_text(find: Find, typed: str) -> None:
    assert isinstance(find(typed), list)
    assert find("Siobhan")[:1] == ["siobhan"]


@pytest.fixture(scope="module")
def one_finder() -> Iterator[NameSearch]:
    made = sqlite3.connect(":memory:", isolation_level=None)
    search.create(made)
    index_many(made, PEOPLE)
    yield NameSearch(made)
    made.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(typed=st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_text_is_searched(one_finder: NameSearch, typed: str) -> None:
    hits = one_finder.search(typed)
    assert len({hit.id for hit in hits}) == len(hits)


def test_any_name_is_found_by_itself(conn: Any) -> None:
    names = ["𞤀𞤁𞤂", "ﷺ", "김민준", "क्षेत्र", "Ǆenan", "x²", "O''Neil", "d’Arcy", "Þór", "Nº5", "ŉo", "Ⅷ"]
    index_many(conn, [Entry(str(n), name) for n, name in enumerate(names)])
    finder = NameSearch(conn)
    for n, name in enumerate(names):
        assert str(n) in [hit.id for hit in finder.search(name)], ascii(name)


def test_changes_are_seen_without_being_told(conn: Any, find: Find) -> None:
    assert "new" not in find("Persephone")
    assert index_child(conn, Entry("new", "Persephone", "Quill"))
    assert find("Persephone") == ["new"]
    assert find("Persefony") == ["new"]
    assert find("quil persef") == ["new"]
    assert index_child(conn, Entry("new", "Xanthe", "Quill"))
    assert find("Xanthy") == ["new"]
    assert find("Persephone") == []
    assert remove(conn, "new")
    assert not remove(conn, "new")
    assert find("Xanthe") == []
    assert find("quill") == []


def test_a_large_batch_is_seen(conn: Any, find: Find) -> None:
    letters = "abcdefghij"
    made = [Entry(f"n{n}", "".join(letters[int(c)] for c in f"{n:05}") + "qu", "Zyx") for n in range(1_200)]
    assert index_many(conn, made) == 1_200
    assert find("aabbbqu")[:1] == ["n111"]
    assert "n111" in find("aabbbuq")


def test_another_connections_changes_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "two.db"
    one, two = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    search.create(one)
    finder = NameSearch(one)
    index_child(two, Entry("new", "Persephone"))
    assert [hit.id for hit in finder.search("persefone")] == ["new"]
    one.close()
    two.close()


def test_unchanged_children_are_not_written(conn: Any) -> None:
    assert index_many(conn, PEOPLE, batch=4) == len(PEOPLE)
    before = conn.total_changes
    assert index_many(conn, PEOPLE) == 0
    assert not index_child(conn, PEOPLE[0])
    assert conn.total_changes == before
    changed = [Entry("bo", "Bo", "Lee"), *PEOPLE[7:]]
    assert index_many(conn, changed) == 1
    assert [hit.id for hit in NameSearch(conn).search("bo lee")] == ["bo"]


def test_a_child_twice_in_one_batch_is_indexed_once(conn: Any) -> None:
    index_many(conn, [Entry("a", "First"), Entry("a", "Second")])
    finder = NameSearch(conn)
    assert finder.search("First") == []
    assert [hit.id for hit in finder.search("Second")] == ["a"]


def test_rolled_back_changes_leave_no_trace(conn: Any, find: Find) -> None:
    conn.execute("BEGIN")
    index_child(conn, Entry("gone", "Persephone"))
    remove(conn, "siobhan")
    conn.execute("ROLLBACK")
    assert find("Persephone") == []
    assert find("Siobhan") == ["siobhan"]
    index_child(conn, Entry("stays", "Xanthe"))
    assert find("Xanthy") == ["stays"]


def test_made_anew_it_forgets_the_words_of_removed_children(conn: Any, find: Find) -> None:
    def kept() -> bool:
        rows = [row for table in tables(conn) for row in dump(conn, table)]
        return any(b"xanthippe" in value for row in rows for value in row)

    index_child(conn, Entry("purged", "Yxanthippe"))
    assert find("Yxanthippe") == ["purged"]
    remove(conn, "purged")
    assert kept()
    search.rebuild(conn)
    assert not kept()
    assert find("Siobhan") == ["siobhan"]
    search.rebuild(conn)
    assert len(dump(conn, "search_news")) == 1


def tables(conn: Any) -> list[str]:
    found = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'search%'")
    return [name for (name,) in found.fetchall()]


def dump(conn: Any, table: str) -> list[list[bytes]]:
    rows = conn.execute(f"SELECT * FROM {table}").fetchall()
    return [[value if isinstance(value, bytes) else str(value).encode() for value in row] for row in rows]


def test_the_index_is_sound_after_many_changes(conn: Any) -> None:
    for n in range(200):
        index_child(conn, Entry(str(n % 20), f"Name{'abcdefghij'[n % 10]}", known_as="Sunny" * (n % 3)))
        if n % 7 == 0:
            remove(conn, str(n % 13))
    conn.execute("INSERT INTO search_fts (search_fts, rank) VALUES ('integrity-check', 1)")

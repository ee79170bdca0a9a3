"""Finding a child as a worker types: by name, however spelt, by UPN, by address, by school.

`NameSearch` holds the words of all names in memory, to find the ones that look or sound like what was
typed; the children who bear them are then read from the index (`search_index`), best word first, and never
more than can be shown. So the work does not grow with the number of children who match.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from math import log10

from casework.duplicates import address_key
from casework.names import likeness, name_parts, phonetic_keys
from casework.text import clean, fold
from storage.search_index import READ, Connection, Entry, create, index_child, index_many, rebuild, remove

__all__ = [
    "Connection",
    "Entry",
    "Hit",
    "NameSearch",
    "create",
    "index_child",
    "index_many",
    "name_parts",
    "rebuild",
    "remove",
]

_MATCHING = """SELECT d.doc, d.child, d.name, d.known_as, d.former, d.address, d.school, d.upn
    FROM search_fts f JOIN search_doc d ON d.doc = f.rowid WHERE f.search_fts MATCH ? LIMIT ?"""
_BY_UPN = f"{READ} WHERE upn >= ? AND upn < ? ORDER BY upn LIMIT ?"

_NAMES = "{name known_as former}"
_PLACES = "{address school}"
_STREET_KINDS = frozenset(
    {"avenue", "ave", "close", "court", "crescent", "drive", "flat", "gardens", "grove", "hill", "lane"}
    | {
        "house",
        "park",
        "place",
        "rise",
        "road",
        "row",
        "square",
        "street",
        "terrace",
        "the",
        "view",
        "walk",
        "way",
    }
)
"""Words that tell one address from another by nothing."""
_UPN_START = re.compile(r"[a-z][0-9]{2,12}[a-z]?")

_TYPED = 200  # characters of a query that are read
_WORDS = 6  # words of a query that are read
_WORD = 40  # letters of a word that are read
_COMPLETIONS = 60  # words that begin as typed, the commonest first
_ALIKE = 24  # words that look or sound like the typed one
_FEW_ALIKE = 5
_COMMONER = 0.02  # likeness that ten times as many bearers are worth
_BEGUN_ALIKE = 0.7  # likeness of a word whose beginning is one slip away from what was typed


@dataclass(frozen=True, slots=True)
class Hit:
    """A child found: `score` 0 to 100 (only its order means anything) and in words `why` it was found."""

    id: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class _Doc:
    doc: int
    child: str
    name: str
    known_as: str
    former: str
    address: str
    school: str
    upn: str


Hidden = frozenset[str]
"""What may not count of a child: `address`, `school` (with every UPN)."""

Veil = Callable[[str], Hidden | None]
"""By a child's id what is hidden of them; None for a child who is not to be found at all."""


def _veiled(doc: _Doc, hidden: Hidden | None) -> _Doc | None:
    if hidden is None:
        return None
    if "address" in hidden:
        doc = replace(doc, address="")
    if "school" in hidden:
        former = " ".join(word for word in doc.former.split() if not _UPN_START.fullmatch(word))
        doc = replace(doc, school="", upn="", former=former)
    return doc


@dataclass(frozen=True, slots=True)
class _Typed:
    """One typed word with the name words that are like it, each with how alike (0 to 1), likest first."""

    word: str
    alike: dict[str, float]


class NameSearch:
    """Search over the children in one unlocked caseload; made once after unlocking, on the database's thread.

    Holds the distinct words of all names with their phonetic keys. News of words is read before each
    search, so no one has to tell it of changes, made by this process or another. Words of removed children
    stay known until the next unlock, or until the index is made anew, and find nobody. Not to be asked
    inside a transaction that may be rolled back.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._hidden: Veil | None = None
        self._seen = 0
        self._bearers: dict[str, int] = {}
        self._words: list[str] = []
        self._by_key: dict[str, list[str]] = {}
        self._load()

    def search(self, text: str, limit: int = 20, hidden: Veil | None = None) -> list[Hit]:
        """The children who fit `text` best, best first; [] for a text without letters or digits.

        Words may stand in either order, and each may be begun, misspelt, or spelt as it sounds. Exact names
        come first, then beginnings, then known-as and former names, then names that sound or look alike,
        then addresses and schools. When no child fits all the words, those who fit one are offered, with a
        low score. `hidden` tells of each child what may not count: who fits only by that is not found.
        """
        self._hidden = hidden
        words = [word[:_WORD] for word in fold(clean(text, limit=_TYPED)).split()[:_WORDS]]
        if not words or limit < 1:
            return []
        if _UPN_START.fullmatch("".join(words)):
            words = ["".join(words)]
        self._refresh()
        found: dict[int, tuple[float, str, str, str]] = {}
        stages = (
            self._stages_of_one(words[0], limit) if len(words) == 1 else self._stages_of_many(words, limit)
        )
        for typed, docs in stages:
            for doc in docs:
                scored = _score(typed, doc)
                if scored and (doc.doc not in found or found[doc.doc][0] < scored[0]):
                    found[doc.doc] = (*scored, doc.name, doc.child)
            if len(found) >= limit:
                break
        if not found and len(words) > 1:
            return self._by_any(words, limit)
        ranked = sorted(found.values(), key=lambda hit: (-hit[0], hit[2], hit[3]))
        return [Hit(child, round(score, 1), why) for score, why, _, child in ranked[:limit]]

    def living_at(self, address: str, limit: int = 20) -> list[str]:
        """Ids of children whose address has the numbers and the postcode of `address`; [] without both.

        Nothing is hidden here: whoever asks leaves out whose home the worker may not see.
        """
        words = address_key(address).split()
        if not words:
            return []
        self._hidden = None
        query = _all_of(f'address: "{word}"' for word in words)
        return [doc.child for doc in self._matching(query, limit)]

    def _by_any(self, words: list[str], limit: int) -> list[Hit]:
        best: dict[str, Hit] = {}
        for word in words:
            if len(word) < 3:
                continue
            for hit in self.search(word, limit, self._hidden):
                if hit.why == "address" and word in _STREET_KINDS:
                    continue  # half the caseload lives in some street
                if hit.id not in best or best[hit.id].score < hit.score / 2:
                    best[hit.id] = Hit(hit.id, hit.score / 2, f"one word only, {hit.why}")
        return sorted(best.values(), key=lambda hit: (-hit.score, hit.id))[:limit]

    def _stages_of_one(self, word: str, limit: int) -> Iterator[tuple[list[_Typed], list[_Doc]]]:
        plain = [_Typed(word, {})]
        if _UPN_START.fullmatch(word):
            yield plain, self._with_upn(word, limit)
        yield plain, self._matching(f'{{name}}: "{word}"', limit)
        yield plain, self._matching(f'{{known_as former}}: "{word}"', limit)
        for completion in self._completions(word):
            yield plain, self._matching(f'{_NAMES}: "{completion}"', limit)
        for at in range(2, len(word) - 1):
            if word[:at] in self._bearers and word[at:] in self._bearers:
                halves = [_Typed(half, {}) for half in (word[:at], word[at:])]
                yield halves, self._matching(_all_of(f'{_NAMES}: "{half.word}"' for half in halves), limit)
        alike = self._alike(word)
        typed = [_Typed(word, alike)]
        # First a few bearers of each, so that one common name does not hide the others; then the rest.
        for bearers in (max(limit // 10, 2), limit):
            for candidate in alike:
                yield typed, self._matching(f'{_NAMES}: "{candidate}"', bearers)
        yield plain, self._matching(f'{_PLACES}: "{word}" *', limit)

    def _stages_of_many(self, words: list[str], limit: int) -> Iterator[tuple[list[_Typed], list[_Doc]]]:
        plain = [_Typed(word, {}) for word in words]
        upns = [word for word in words if _UPN_START.fullmatch(word)]
        if upns:
            yield plain, self._with_upn(upns[0], limit)
        yield plain, self._matching(_all_of(f'{_NAMES}: "{word}" *' for word in words), 4 * limit)
        for joined in _joined(words):
            yield (
                [_Typed(word, {}) for word in joined],
                self._matching(_all_of(f'{_NAMES}: "{word}" *' for word in joined), limit),
            )
        yield plain, self._matching(_all_of(f'"{word}" *' for word in words), 4 * limit)
        typed = [_Typed(word, self._alike(word)) for word in words]
        for width in (_FEW_ALIKE, _ALIKE):
            either = (
                " OR ".join([f'"{t.word}" *', *(f'"{like}"' for like in islice(t.alike, width))])
                for t in typed
            )
            yield typed, self._matching(_all_of(f"{_NAMES}: ({one})" for one in either), 8 * limit)

    def _matching(self, query: str, limit: int) -> list[_Doc]:
        # Only folded words, which hold letters and digits alone, are ever put between the quotes of a query.
        return self._docs(_MATCHING, (query,), limit)

    def _with_upn(self, start: str, limit: int) -> list[_Doc]:
        return self._docs(_BY_UPN, (start, start + "\U0010ffff"), limit)

    def _docs(self, query: str, parameters: tuple[str, ...], limit: int) -> list[_Doc]:
        """At most `limit` children; of those who are hidden as many as there are are passed over."""
        hidden = self._hidden
        if hidden is None:
            return [_Doc(*row) for row in self._conn.execute(query, (*parameters, limit))]
        docs = (_Doc(*row) for row in self._conn.execute(query, (*parameters, -1)))
        seen = (veiled for doc in docs if (veiled := _veiled(doc, hidden(doc.child))) is not None)
        return list(islice(seen, limit))

    def _completions(self, word: str) -> list[str]:
        words = self._words
        first = bisect_left(words, word)
        last = bisect_left(words, word + "\U0010ffff", lo=first)
        longer = [w for w in words[first:last] if w != word]
        longer.sort(key=lambda w: -self._bearers[w])
        return longer[:_COMPLETIONS]

    def _alike(self, word: str) -> dict[str, float]:
        """The name words that look or sound like `word` but do not begin with it, likest first."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA, JaroWinkler

        if len(word) < 2 or any(c.isdigit() for c in word):
            return {}
        kinds: dict[str, set[str]] = {}
        for key in phonetic_keys(word):
            for sounding in self._by_key.get(key, ()):
                kinds.setdefault(sounding, set()).add(key[0])
        near: set[str] = set()
        if len(word) >= 3:
            slips = 1 if len(word) < 7 else 2
            for w, _, _ in process.extract(
                word, self._words, scorer=OSA.distance, score_cutoff=slips, limit=60
            ):
                near.add(w)
            scorer = JaroWinkler.normalized_similarity
            for w, _, _ in process.extract(word, self._words, scorer=scorer, score_cutoff=0.87, limit=60):
                near.add(w)
        alike = {w: likeness(word, w, len(kinds.get(w, ()))) for w in near | kinds.keys()}
        alike = {w: how for w, how in alike.items() if w in near or len(kinds[w]) >= 2 or how >= 0.5}
        if len(word) >= 4:
            # A slip in a name that is still being typed: compare with beginnings of the same length.
            starts = [w[: len(word)] for w in self._words]
            for _, _, at in process.extract(word, starts, scorer=OSA.distance, score_cutoff=1, limit=60):
                alike.setdefault(self._words[at], _BEGUN_ALIKE)
        # Of names about as alike, the one that more children bear is the likelier to be meant.
        ranked = sorted(
            (-min(how + _COMMONER * log10(self._bearers[w]), 1.0), w)
            for w, how in alike.items()
            if not w.startswith(word)
        )
        return {w: -how for how, w in ranked[:_ALIKE]}

    def _load(self) -> None:
        counted = self._conn.execute(
            "SELECT term, sum(doc) FROM search_words"
            " WHERE col IN ('name', 'known_as', 'former') GROUP BY term"
        )
        self._bearers = {term: count for term, count in counted if term.isalnum()}
        self._words = sorted(self._bearers)
        self._by_key = {}
        for word in self._words:
            self._key(word)
        self._seen = self._last_news()

    def _last_news(self) -> int:
        return int(self._conn.execute("SELECT coalesce(max(n), 0) FROM search_news").fetchone()[0])

    def _refresh(self) -> None:
        if self._last_news() == self._seen:
            return
        fresh = False
        news = self._conn.execute("SELECT n, words FROM search_news WHERE n > ? ORDER BY n", (self._seen,))
        for n, words in news.fetchall():
            if words is None:
                self._load()
                return
            self._seen = n
            for word in words.split():
                if word not in self._bearers:
                    self._bearers[word] = 1
                    self._key(word)
                    fresh = True
        if fresh:
            self._words = sorted(self._bearers)

    def _key(self, word: str) -> None:
        for key in phonetic_keys(word):
            self._by_key.setdefault(key, []).append(word)


def _all_of(parts: Iterable[str]) -> str:
    return " AND ".join(f"({part})" for part in parts)


def _joined(words: list[str]) -> Iterator[list[str]]:
    """`words` with one neighbouring pair run together, each way: "o brien" as obrien, "mc donald" as
    mcdonald.
    """
    for at in range(len(words) - 1):
        yield [*words[:at], words[at] + words[at + 1], *words[at + 2 :]]


def _score(typed: list[_Typed], doc: _Doc) -> tuple[float, str] | None:
    """How well a child fits all the typed words and why, told by the weakest word; None when one does not
    fit.
    """
    total = 0.0
    weakest = (101.0, "")
    for one in typed:
        best = max(_fits(one, doc), default=None)
        if best is None:
            return None
        total += best[0]
        weakest = min(weakest, best)
    in_order = doc.name.startswith(" ".join(one.word for one in typed))
    return total / len(typed) + (0.5 if in_order else 0.0), weakest[1]


def _fits(typed: _Typed, doc: _Doc) -> Iterator[tuple[float, str]]:
    word = typed.word
    if doc.upn and doc.upn.startswith(word):
        yield (100.0 if doc.upn == word else 95.0), "UPN"
    yield from _fits_names(typed, doc.name, _NAME)
    yield from _fits_names(typed, doc.known_as, _KNOWN_AS)
    yield from _fits_names(typed, doc.former, _FORMER)
    if any(part.startswith(word) for part in doc.address.split()):
        yield 35.0, "address"
    if any(part.startswith(word) for part in doc.school.split()):
        yield 30.0, "school"


@dataclass(frozen=True, slots=True)
class _Worth:
    """What a kind of name is worth when it fits: whole, begun (and more, the less is left), or alike."""

    whole: tuple[float, str]
    begun: tuple[float, str]
    begun_more: float
    alike: float
    alike_why: str


_NAME = _Worth((99.0, "name"), (90.0, "name begins so"), 5.0, 40.0, "")
_KNOWN_AS = _Worth((96.0, "known as"), (84.0, "known as"), 2.0, 38.0, "known as, ")
_FORMER = _Worth((80.0, "former name"), (76.0, "former name"), 2.0, 36.0, "former name, ")


def _fits_names(typed: _Typed, names: str, worth: _Worth) -> Iterator[tuple[float, str]]:
    word = typed.word
    for part in names.split():
        if part == word:
            yield worth.whole[0], worth.whole[1]
        elif part.startswith(word):
            yield worth.begun[0] + worth.begun_more * len(word) / len(part), worth.begun[1]
        elif part in typed.alike:
            yield worth.alike + 30 * typed.alike[part], worth.alike_why + _how_alike(word, part)


def _how_alike(word: str, part: str) -> str:
    return "sounds alike" if phonetic_keys(word) & phonetic_keys(part) else "spelt alike"

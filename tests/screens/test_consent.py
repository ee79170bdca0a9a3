"""The Consent screen on a real encrypted caseload: states in words, the check, the forms, the preview."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from casework.consent import record_agreement, withdraw_agreement
from casework.edits import Edit, create
from casework.errors import Refused
from casework.ids import new_id
from casework.policies import Category
from casework.records import Child, Person, Relationship, Worker
from casework.records_sharing import Agreement, Disclosure
from casework.wording import say_day
from outreach_tui.app import OutreachApp
from screens import kept_form
from screens.child import ChildScreen
from screens.child_view import read_view
from screens.consent import ConsentScreen
from screens.consent_check import CheckDialog
from screens.consent_forms import AgreementForm, DisclosureForm, WithdrawForm
from screens.consent_preview import PreviewScreen
from screens.consent_settling import SettleForm
from screens.unlock import UnlockScreen
from storage import audit
from storage.store import Store
from tests.screens.fakes import HOSTILE
from tests.screens.real import KEY, NOW, TODAY, Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text, unlock
from tests.screens.textshot import check_shot, screen_text

NURSE = {"agencies": ("school-nursing",), "categories": ("family", "send"), "purposes": ("support",)}


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path)
    yield Family(store)
    store.close()


def agreement(family: Family, **more: Any) -> Agreement:
    """An agreement of the mother about Tilly, with the school nurse."""
    held = Agreement.model_validate(
        {
            "id": new_id(),
            "child": family.tilly.id,
            "given_by": "Anna Marsh",
            "relationship": "mother",
            "responsibility": "yes",
            "status": "given",
            **NURSE,
            "given_on": TODAY,
            "by": family.store.actor.worker,
            **more,
        }
    )
    family.store.journal.commit(record_agreement(held, TODAY))
    return held


async def keys(pilot: Any, *pressed: str) -> None:
    """Keys one after another; `=words` is typed."""
    for key in pressed:
        if key.startswith("="):
            await type_text(pilot, key[1:])
        else:
            await pilot.press(key)
        await settle(pilot)


def flat(app: OutreachApp) -> str:
    """The words on the screen in one line; of a dialog where one is open."""
    lines = screen_text(app).splitlines()
    framed = [line[line.index("│") + 1 : line.rindex("│")] for line in lines if line.count("│") > 1]
    return " ".join(" ".join(framed or lines).split())


# What the screen says


async def test_not_asked_never_looks_like_given(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        assert "Agreement: NOT ASKED." in flat(app)
        await keys(pilot, "C")
        assert isinstance(app.screen, ConsentScreen)
        text = screen_text(app)
        assert "NOT ASKED" in text
        assert "GIVEN" not in text.upper().replace("FORGIVEN", "")
        await keys(pilot, "a", "space")
        assert "*" not in screen_text(app), "lines of a page are not marked"
        check_shot(app, "consent-not-asked-80")
        page = app.screen.page
        await keys(pilot, "down", "down")
        assert page.cursor == 3, "past the empty line"
        await keys(pilot, "up", "G")
        assert page.cursor == 1, "also back"
        assert "G (Review) does nothing on this page: it holds on Child, Clocks, Supervision" in flat(app)


@pytest.mark.parametrize(
    ("more", "words", "no"),
    [
        ({}, "GIVEN  Fri 20 Nov 2026, by Anna Marsh (mother)", "WITH LIMITS"),
        ({"status": "limited"}, "GIVEN WITH LIMITS  Fri 20 Nov 2026", "REFUSED"),
        ({"status": "refused"}, "REFUSED  Fri 20 Nov 2026", "GIVEN"),
        ({"given_on": date(2026, 1, 5), "expires": date(2026, 11, 19)}, "EXPIRED  Mon 5 Jan 2026", "GIVEN"),
        ({"exclude": "not Gran"}, "GIVEN, LIMITS NOT SETTLED  Fri 20 Nov", "REFUSED"),
        (
            {"relationship": "uncle", "responsibility": "unknown"},
            "GIVEN, NOT KNOWN IF THEY MAY DECIDE",
            "REFUSED",
        ),
    ],
)
async def test_every_state_is_told_in_words(
    family: Family,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
    words: str,
    no: str,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    agreement(family, **more)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        assert words.split("  ", maxsplit=1)[0].split(",", maxsplit=1)[0] in flat(app)
        await keys(pilot, "C")
        text = screen_text(app)
        assert words in text
        assert no not in text


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_agreements_stand_newest_first_with_everything_they_hold(
    family: Family, tmp_path: Path, size: tuple[int, int]
) -> None:
    old = agreement(family, given_on=date(2026, 11, 2), agencies=("school",))
    family.store.journal.commit(withdraw_agreement(old, "changed her mind", date(2026, 11, 9), TODAY))
    agreement(
        family,
        status="limited",
        how_known="birth certificate",
        exclude="not my ex-partner",
        exclude_categories=("health",),
        exclude_read=True,
        method="written",
        interpreter="Polish, Ewa Invented",
        leaflet="v3",
        review=date(2027, 1, 1),
        expires=date(2027, 3, 1),
    )
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C")
        check_shot(app, f"consent-{size[0]}")
        text = flat(app)
        assert text.index("GIVEN WITH LIMITS") < text.index("WITHDRAWN")
        for words in ("not my ex-partner", "ruled out health", "in writing", "Polish, Ewa", "leaflet v3"):
            assert words in text
        assert "review by Fri 1 Jan 2027, ends Mon 1 Mar 2027" in text


async def test_what_is_protected_is_neither_listed_nor_told_by_an_answer(
    family: Family, tmp_path: Path
) -> None:
    agreement(family, agencies=("youth-justice",), categories=("youth_justice", "family"))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C")
        assert "NOT ASKED" in screen_text(app)
        await keys(pilot, "Q", "=you", "enter", "=fam", "enter", "enter")
        assert "ASK FIRST" in screen_text(app)
        assert "agreed" not in flat(app)
        await keys(pilot, "escape", "V", "=you", "enter", "enter")
        assert isinstance(app.screen, PreviewScreen)
        assert "Anna" not in flat(app)


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_words_are_only_words(family: Family, tmp_path: Path, name: str) -> None:
    line = name[:290] or "x"
    person = Person(id=new_id(), surname=line)
    tie = Relationship(id=new_id(), child=family.tilly.id, person=person.id, kind=line, how_known=line)
    commit(family.store, "People", [person, tie])
    agreement(
        family, given_by=line, relationship=line, how_known=line, gillick=name, exclude=name or "x",
        interpreter=line, leaflet=line,
    )  # fmt: skip
    made = Disclosure(
        id=new_id(), child=family.tilly.id, agency="school", categories=(Category.FAMILY,), purpose="support",
        reason=name or "x", decided_by=line, decided_on=TODAY, by="x",
    )  # fmt: skip
    family.store.journal.commit(Edit("Shared", (create(made),), subject=family.tilly.id))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        for pressed in (("C",), ("L",), ("escape", "R", "tab", "right"), ("escape", "down", "down", "W")):
            await keys(pilot, *pressed)
            text = screen_text(app)
            assert all(sign == "\n" or sign.isprintable() for sign in text)
            assert len(text.splitlines()) <= 24
    assert app.fault is None


# The check


async def test_may_i_share_this_with_the_nurse(family: Family, tmp_path: Path) -> None:
    held = agreement(family, method="written", review=date(2027, 1, 1))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "Q", "=nur", "enter", "=fam", "enter", "enter")
        check_shot(app, "consent-check-80")
        text = flat(app)
        assert "YES The family agreed on Fri 20 Nov 2026." in text
        assert "GIVEN Fri 20 Nov 2026, by Anna Marsh (mother)" in text
        assert "Lawful basis of support, apart from any agreement: public task" in text
        looked = await asked(app, lambda s: audit.entries(s.conn, child=family.tilly.id))
        assert "whether school-nursing may see family for support" in [entry.detail for entry in looked]
        await keys(pilot, "Q", "=youth", "enter")
        assert "YES" not in screen_text(app)
        await keys(pilot, "=heal", "enter", "enter")
        assert "ASK FIRST Health is not part of youth-justice's own work" in flat(app)
        assert held.given_by not in flat(app).split("ASK FIRST")[1].split("D shares")[0]


async def test_an_answer_waits_for_every_field(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "Q", "enter", "enter")
        assert isinstance(app.screen, CheckDialog)
        assert "Pick one first" in screen_text(app)
        await keys(pilot, "tab", "tab", "enter")
        assert "Lawful basis" not in flat(app)


# Recording


async def test_an_older_agreement_that_opens_more_is_named_beside_a_new_one(
    family: Family, tmp_path: Path
) -> None:
    agreement(family, given_on=TODAY - timedelta(days=3))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(120, 40)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "R", "=giv", "tab", "=anna", *["tab"] * 5, "=vol", "space")
        await keys(pilot, "tab", "=supp", "space", "tab", "space", "ctrl+s")
        assert isinstance(app.screen, ConsentScreen), screen_text(app)
        assert "The agreement of Tue 17 Nov 2026 still stands beside it and opens more" in flat(app)


async def test_an_agreement_is_recorded_whole_by_keys_alone(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "R", "=wit", "tab", "=anna")
        assert isinstance(app.screen, AgreementForm)
        await keys(pilot, *["tab"] * 5, "=nur", "space", "=sch", "space", "tab", "=supp", "space")
        await keys(pilot, "tab", "space", "tab", "=not Gran", "tab", "=vol", "space", "tab", "=hea", "space")
        await keys(pilot, "tab", "=edu", "space")
        check_shot(app, "consent-form-80")
        await keys(pilot, "tab", "tab", "=writ", "tab", "=Polish", "tab", "=v3", "tab", "=wed", "tab", "=+6w")
        assert "Wed 18 Nov 2026" in screen_text(app)
        assert "Fri 1 Jan 2027" in screen_text(app)
        await keys(pilot, "tab", "=1 mar", "ctrl+s")
        assert isinstance(app.screen, ConsentScreen), screen_text(app)
        held = (await asked(app, lambda s: s.find(Agreement)))[0]
        me = await asked(app, lambda s: s.actor.worker)
        assert len(held.giver) == 32
        assert held.model_dump(exclude={"id", "void", "giver"}) == {
            "child": family.tilly.id,
            "given_by": "Anna Marsh",
            "capacity": "responsible",
            "relationship": "mother",
            "responsibility": "yes",
            "how_known": "birth certificate",
            "gillick": "",
            "status": "limited",
            "agencies": ("school", "school-nursing"),
            "categories": tuple(Category),
            "purposes": ("support",),
            "exclude": "not Gran",
            "exclude_agencies": ("voluntary",),
            "exclude_categories": (Category.HEALTH,),
            "exclude_pairs": ("school:education",),
            "exclude_read": False,
            "method": "written",
            "interpreter": "Polish",
            "leaflet": "v3",
            "given_on": date(2026, 11, 18),
            "review": date(2027, 1, 1),
            "expires": date(2027, 3, 1),
            "withdrawn_on": None,
            "withdrawn_why": "",
            "by": me,
        }
        assert await asked(app, lambda s: s.drafts.waiting()) == []
        assert "GIVEN WITH LIMITS" in screen_text(app)
        await keys(pilot, "u")
        assert "NOT ASKED" in screen_text(app)


async def test_a_child_who_gives_it_is_asked_why_they_are_able(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "R", "=giv", "tab")
        assert "Why able" not in screen_text(app)
        await keys(pilot, "=self")
        assert "Why able" in screen_text(app)
        assert "Responsibility" not in screen_text(app)
        await keys(pilot, "tab", "tab", "tab", "=explained it back", "tab", "=nur", "space")
        await keys(pilot, "tab", "space", "tab", "=fam", "space", "ctrl+s")
        held = (await asked(app, lambda s: s.find(Agreement)))[0]
        assert (held.gillick, held.responsibility) == ("explained it back", "unknown")
        assert "NOT KNOWN" not in screen_text(app)


async def test_what_is_missing_is_said_and_gone_to_and_nothing_is_kept(
    family: Family, tmp_path: Path
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "R", "ctrl+s")
        assert "Say what the answer was" in screen_text(app)
        await keys(pilot, "=giv", "ctrl+s")
        assert "An agreement names its agencies" in screen_text(app)
        assert app.focused is not None
        assert app.focused.id == "agencies"
        await keys(pilot, *["tab"] * 4, *["tab"] * 3, "=soon enough", "ctrl+s")
        assert "not a date yet" in screen_text(app)
        assert app.focused.id == "given_on"
        assert await asked(app, lambda s: s.find(Agreement)) == []


async def test_what_was_typed_is_on_disk_without_any_farewell(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill: another connection reads the draft while the form is still open."""
    monkeypatch.setattr(kept_form, "_SAVE_AFTER", 1)  # so that no pause in real time is waited for
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "R", "=ref", "tab", "tab", "=Anna")
        other = Store.open(family.store.path, bytearray(KEY), now=lambda: NOW, today=TODAY)
        draft = other.drafts.load("agreement", family.tilly.id)
        other.close()
        assert draft is not None
        assert (draft.fields["status"], draft.fields["given_by"]) == ("refused", "Anna")


async def test_a_lock_keeps_the_form_and_days_keep_their_date(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "R", "=ref", "tab", "tab", "=An")
        app.screen.query_one("#review").focus()
        await keys(pilot, "=fri")
        await app.lock("Locked.")
        assert isinstance(app.screen, UnlockScreen)
        await unlock(pilot)
        form = app.screen
        assert isinstance(form, AgreementForm)
        assert (form.value_of("status"), form.value_of("given_by")) == ("refused", "An")
        assert form.value_of("review") == "Fri 20 Nov 2026"
        await keys(pilot, "escape", "C")
        assert "A draft of an agreement waits: R goes on with it." in flat(app)
        await keys(pilot, "R", "ctrl+d", "y")
        assert isinstance(app.screen, ConsentScreen)
        assert await asked(app, lambda s: s.drafts.waiting()) == []


async def test_a_sentence_typed_on_a_choice_changes_nothing_and_a_choice_is_said(
    family: Family, tmp_path: Path
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "R", "=Mum gave it and refused nothing")
        form = app.screen
        assert isinstance(form, AgreementForm)
        assert form.value_of("status") == ""
        assert "nothing was changed, backspace begins again" in flat(app)
        await keys(pilot, "backspace", "=ref")
        assert form.value_of("status") == "refused"
        assert "Answer: refused." in flat(app)


async def test_a_preview_that_is_refused_later_is_taken_away(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise Refused("withheld", "They see nothing of this child.")

    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "V", "=nurs", "enter", "enter")
        preview = app.screen
        assert isinstance(preview, PreviewScreen)
        assert "Marsh" in flat(app)
        monkeypatch.setattr("screens.consent_preview.read_view", refused)
        preview.hear()
        await settle(pilot)
        assert "Marsh" not in flat(app)
        assert "The page was taken away: They see nothing of this child." in flat(app)


async def test_a_withdrawal_left_half_written_is_named_below_its_agreement(
    family: Family, tmp_path: Path
) -> None:
    agreement(family, exclude="not Gran")
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 30)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "W", "=changed", "escape")
        assert "A draft of a withdrawal waits: W goes on with it." in flat(app)
        await keys(pilot, "L", "space", "escape")
        assert "Settling waits half done: L goes on with it." in flat(app)


async def test_a_form_that_was_only_looked_at_leaves_no_draft(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 14)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "R")
        form = app.screen
        assert isinstance(form, AgreementForm)
        at = [form.at]
        for _ in range(6):
            await keys(pilot, "down")
            at.append(form.at)
        whole = ["status", "who", "given_by", "relationship", "responsibility", "how_known", "agencies"]
        assert at == whole, "an arrow goes to the next field and scrolls nothing"
        await keys(pilot, "escape", "D", "escape")
        assert await asked(app, lambda s: s.drafts.waiting()) == []


async def test_a_day_without_its_year_is_the_coming_one_of_what_is_to_come(
    family: Family, tmp_path: Path
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "R")
        form = app.screen
        assert isinstance(form, AgreementForm)
        told = []
        for given_on, review in (("", "1/6"), ("", "15/11"), ("1/11", "15/11"), ("20/12", "20/12")):
            form.put("given_on", given_on)
            form.put("review", review)
            await settle(pilot)
            told.append(
                [str(form.query_one(f"#echo-{name}", Static).content) for name in ("given_on", "review")]
            )
        assert told == [
            ["today", "Tue 1 Jun 2027"],
            ["today", "give its year"],
            ["Sun 1 Nov 2026", "Sun 15 Nov 2026"],
            ["give its year", "Sun 20 Dec 2026"],
        ]
        await keys(pilot, "ctrl+d", "y")


# Withdrawing and settling


async def test_withdrawing_says_what_disappears_and_it_does_at_once(family: Family, tmp_path: Path) -> None:
    agreement(
        family, agencies=("inclusion-attendance", "school-nursing"), categories=("social_care", "family")
    )
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 30)) as pilot:
        await enter(pilot, family.tilly.id)
        assert "child protection plan" in flat(app)
        await keys(pilot, "C", "W")
        assert isinstance(app.screen, WithdrawForm)
        await keys(pilot, "ctrl+s")
        assert "Say in a few words why" in screen_text(app)
        await keys(pilot, "=changed her mind", "ctrl+s")
        text = flat(app)
        assert "Disappears from your own sight: social care." in text
        assert "School nursing no longer sees: family (support), social care (support)." in text
        assert "This is final and not undone" in text
        check_shot(app, "consent-withdraw")
        await keys(pilot, "n")
        assert (await asked(app, lambda s: s.find(Agreement)))[0].status == "given"
        await keys(pilot, "ctrl+s", "y")
        assert isinstance(app.screen, ConsentScreen)
        assert "WITHDRAWN" in screen_text(app)
        await keys(pilot, "u")
        assert "WITHDRAWN" in screen_text(app)
        assert "! " in flat(app)
        await keys(pilot, "escape")
        assert isinstance(app.screen, ChildScreen)
        assert "child protection plan" not in flat(app)
        assert "Agreement: WITHDRAWN Fri 20 Nov" in flat(app)
        await keys(pilot, "9")
        assert "social care: The family withdrew its agreement on Fri 20 Nov 2026." in flat(app)


async def test_the_familys_words_are_settled(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_form, "_PAUSE", 3600.0)  # so that no shot depends on how long it took
    agreement(
        family,
        agencies=("school", "voluntary", "school-nursing"),
        categories=("health", "family"),
        exclude="not the school about my health",
    )
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "L")
        assert isinstance(app.screen, SettleForm)
        await keys(pilot, "=hea", "space")
        check_shot(app, "consent-settle-80")
        await keys(pilot, "ctrl+s")
        check_shot(app, "consent-settle-asked-80")
        text = flat(app)
        assert "Not to School: health." in text
        assert "Not opened: health to School." in text
        await keys(pilot, "n")
        assert not (await asked(app, lambda s: s.find(Agreement)))[0].exclude_pairs
        await keys(pilot, "ctrl+s", "y")
        held = (await asked(app, lambda s: s.find(Agreement)))[0]
        assert (held.exclude_pairs, held.exclude_categories) == (("school:health",), ())
        assert "kept from School: health" in flat(app)
        check_shot(app, "consent-settled-80")
        await keys(pilot, "L")
        assert "No words of the family wait" in screen_text(app)


async def test_limits_for_everyone_and_for_a_whole_agency_are_settled_with_them(
    family: Family, tmp_path: Path
) -> None:
    agreement(family, categories=("family", "send"), exclude="not my ex-partner")
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "L")
        await keys(pilot, "=fam", "space", "tab", "=spec", "space", "tab", "=vol", "space", "ctrl+s")
        text = flat(app)
        for words in (
            "Nothing to Voluntary",
            "To nobody: special educational needs.",
            "Not to School nursing: family.",
        ):
            assert words in text
        await keys(pilot, "y")
        held = (await asked(app, lambda s: s.find(Agreement)))[0]
        assert (held.exclude_agencies, held.exclude_categories, held.exclude_pairs) == (
            ("voluntary",),
            (Category.SEND,),
            ("school-nursing:family",),
        )


# Without agreement


async def test_sharing_without_agreement_asks_for_its_reason(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "Q", "=nur", "enter", "=fam", "enter", "enter", "D")
        form = app.screen
        assert isinstance(form, DisclosureForm)
        picked = [form.value_of(name) for name in ("decision", "agency", "categories", "purpose")]
        assert picked == ["share", "school-nursing", "family", "support"]
        await keys(pilot, "ctrl+s")
        assert "Say why it is shared without agreement" in flat(app)
        await keys(pilot, "=at risk of harm", "tab", "=Sam Lead", "tab", "=DSL", "tab", "=no", "ctrl+s")
        assert "Say why the family was not told." in screen_text(app)
        await keys(pilot, "=unsafe", "ctrl+s")
        assert "School nursing may see family for support until Fri 18 Dec 2026." in flat(app)
        await keys(pilot, "y")
        made = (await asked(app, lambda s: s.find(Disclosure)))[0]
        assert (made.reason, made.decided_by, made.consulted) == ("at risk of harm", "Sam Lead", "DSL")
        assert (made.family_told, made.told_why) == ("no", "unsafe")
        assert "SHARED WITHOUT AGREEMENT Fri 20 Nov 2026: family with School nursing" in flat(app)
        entries = await asked(app, lambda s: audit.entries(s.conn, child=family.tilly.id))
        assert "shared" in {entry.verb for entry in entries}
        assert "NOT ASKED" in screen_text(app)


async def test_a_decision_not_to_share_opens_nothing(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "D", "=do", "tab", "=nur", "tab", "=hea", "space", "tab", "=supp", "tab")
        assert "Open until" not in screen_text(app)
        await keys(pilot, "=not needed", "tab", "=Sam Lead", "ctrl+s")
        assert isinstance(app.screen, ConsentScreen), screen_text(app)
        assert "DECIDED NOT TO SHARE Fri 20 Nov 2026: health with School nursing" in flat(app)
        await keys(pilot, "Q", "=nur", "enter", "=fam", "enter", "enter")
        assert "ASK FIRST" in screen_text(app)


async def test_a_decision_of_before_one_not_to_share_says_that_it_opens_nothing(
    family: Family, tmp_path: Path
) -> None:
    made = Disclosure(
        id=new_id(), child=family.tilly.id, decision="not-share", agency="school-nursing",
        categories=(Category.FAMILY,), purpose="support", reason="x", decided_by="y", decided_on=TODAY,
        by=family.store.worker.id,
    )  # fmt: skip
    family.store.journal.commit(Edit("Kept", (create(made),)))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 40)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "D", "=sha", "tab", "=nur", "tab", "=fam", "space", "tab", "=supp", "tab")
        await keys(
            pilot, "=x", "tab", "=Sam", "tab", "tab", "=yes", "tab", "tab", "=18/11/2026", "tab", "ctrl+s"
        )
        assert f"It opens nothing of family: on {say_day(TODAY)} it was decided not to share" in flat(app)
        assert "School nursing may see" not in flat(app)
        await keys(pilot, "y")
        assert "SHARED WITHOUT AGREEMENT Wed 18 Nov 2026: family with School nursing" in flat(app)
        assert "It opens nothing of family" in flat(app)
        assert "open until" not in flat(app)


async def test_nobody_decides_about_what_they_may_not_see(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C", "D", "=sha", "tab", "=nur", "tab", "=hea", "space", "tab", "=supp", "tab")
        await keys(pilot, "=x", "tab", "=Sam", "ctrl+s")
        assert "You do not see it for safeguarding yourself" in flat(app)
        assert await asked(app, lambda s: s.find(Disclosure)) == []


# Preview


async def test_a_preview_shows_what_both_may_see_and_leaving_restores(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        own = screen_text(app)
        await keys(pilot, "V", "=nurs", "enter", "enter")
        assert isinstance(app.screen, PreviewScreen)
        text = flat(app)
        assert "PREVIEW Matilda (Tilly) Marsh" in text
        assert "As School nursing for support: only what you may both see." in text
        assert "Withheld: Attendance is not part of school-nursing's own work" in text
        assert "Anna" not in text
        assert "SEN support" not in text
        check_shot(app, "consent-preview-80")
        entries = await asked(app, lambda s: audit.entries(s.conn, child=family.tilly.id))
        me = await asked(app, lambda s: s.actor.worker)
        assert "child's page, previewed as school-nursing for support" in [e.detail for e in entries]
        assert {entry.worker for entry in entries} == {me}
        await keys(pilot, "escape")
        assert screen_text(app) == own


@pytest.mark.parametrize("agency", ["early-help", "social-care", "youth-justice", "voluntary", "management"])
def test_a_preview_never_shows_more_than_ones_own_page(family: Family, agency: Any) -> None:
    agreement(family, agencies=(agency,), categories=tuple(Category), purposes=("support",))
    other = Worker(id=new_id(), name="Somebody", agency=agency)
    own = family.store.seen_with(family.store.worker)
    both = family.store.seen_with(other)
    for category in Category:
        for purpose in ("support", "planning"):
            mine = family.store.may_see(family.tilly, category, purpose)
            assert bool(own.may_see(family.tilly, category, purpose)) == bool(mine)
            if both.may_see(family.tilly, category, purpose):
                assert mine
    assert not family.store.may_see(family.tilly, Category.HEALTH, "support")
    assert not both.may_see(family.tilly, Category.HEALTH, "support")


def test_a_colleague_tied_to_another_school_sees_nothing_in_the_preview(family: Family) -> None:
    other = Worker(id=new_id(), name="Somebody", agency="school", schools=(new_id(),))
    with pytest.raises(Refused, match="on the roll of no school of this worker's"):
        read_view(family.store, family.tilly.id, other=other)


# From the lists


async def test_c_opens_agreement_from_the_caseload(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    app._rooms["today"] = "screens.caseload:CaseloadScreen"
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await settle(pilot)
        await keys(pilot, "C")
        assert isinstance(app.screen, ConsentScreen)
        await keys(pilot, "escape", "a", "C")
        assert "Agreement is one child at a time" in screen_text(app)


async def test_an_agreement_recorded_by_a_command_shows_without_a_key(family: Family, tmp_path: Path) -> None:
    held = agreement(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C")
        other = Store.open(family.store.path, bytearray(KEY), now=lambda: NOW, today=TODAY)
        other.journal.commit(withdraw_agreement(other.get(Agreement, held.id), "by phone", TODAY, TODAY))
        other.close()
        await app.mind_others()
        await settle(pilot)
        assert "NO AGREEMENT IN FORCE" in screen_text(app)
        assert await asked(app, lambda s: bool(s.get(Child, family.tilly.id)))


def test_the_agreements_as_a_picture(
    snap_compare: Callable[..., bool], family: Family, tmp_path: Path
) -> None:
    old = agreement(family, given_on=date(2026, 11, 2), agencies=("school",))
    family.store.journal.commit(withdraw_agreement(old, "changed her mind", date(2026, 11, 9), TODAY))
    agreement(family, status="limited", exclude="not my ex-partner", review=date(2027, 1, 1))
    app = make_real_app(tmp_path, family.store)

    async def show(pilot: Any) -> None:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "C")

    assert snap_compare(app, terminal_size=(80, 24), run_before=show)

"""One pupil of a Common Transfer File: who they are, the people round them, their time at the school."""

from __future__ import annotations

from datetime import date
from xml.etree.ElementTree import Element

from storage.intake import cells, limits
from storage.intake.ctf_attendance import laestab_of, totals_of
from storage.intake.ctf_xml import child_of, children_of, first_of, line_of, name_of, text_of, truth_of
from storage.intake.dates import parse_date, unlikely_birth
from storage.intake.model import ReadAddress, ReadContact, Reading, ReadPhone, ReadPupil

_BS7666 = ("saon", "paon", "street", "locality", "town", "posttown", "administrativearea")
_LINES = ("addressline1", "addressline2", "addressline3", "addressline4", "addressline5")


class PupilReader:
    """Reads one ``Pupil`` element; parts that cannot be taken are set aside one by one."""

    def __init__(
        self,
        element: Element,
        number: int,
        reading: Reading,
        *,
        written: date | None,
        laestab: str,
        today: date | None,
    ) -> None:
        """``written`` and ``laestab`` are what the header says: its day and its school's seven digits."""
        self._element = element
        self._number = number
        self._reading = reading
        self._written = written
        self._laestab = laestab
        self._today = today
        self._pupil = ReadPupil(line_of(element), place=number)

    def read(self) -> ReadPupil | None:
        """The pupil, or None after setting it aside."""
        element, pupil = self._element, self._pupil
        basic = child_of(element, "basicdetails")
        for name in ("Surname", "Forename"):
            raw = text_of(element, name.lower())
            value, reason, mend = cells.read_name(raw, limits.NAME)
            if reason:
                self._reject(child_of(element, name.lower()), name, raw, reason, mend)
                return None
            setattr(pupil, name.lower(), value)
        pupil.known_as = self._text(basic, "preferredforename")
        pupil.middle_names = self._text(basic, "middlenames")
        born = text_of(element, "dob")
        pupil.dob = parse_date(born)
        fault = unlikely_birth(pupil.dob, self._today) if pupil.dob else "not a date of birth" if born else ""
        if fault:
            pupil.dob = None
        if not self._read_upn(pupil):
            return None
        if fault:
            mend = "write it as yyyy-mm-dd; the child was read without it"
            if not pupil.upn:
                mend = "write it as yyyy-mm-dd, or fill in the UPN: the child was set aside"
            self._reject(child_of(element, "dob"), "DOB", born, fault, mend)
            if not pupil.upn:
                return None
        pupil.former_upn = cells.read_upn(text_of(basic, "formerupn"))[0]
        sex = (text_of(element, "sex") or text_of(element, "gender")).upper()
        pupil.sex = sex if sex in {"M", "F", "U"} else ""
        pupil.year = cells.read_year(text_of(basic, "ncyearactual"))
        pupil.reg = self._text(basic, "regroup") or self._text(basic, "reggroup")
        self._read_circumstances(pupil, basic)
        self._read_sen(pupil)
        self._read_roll(pupil)
        pupil.address = self._address(child_of(element, "address"))
        pupil.phones = self._phones(element)
        pupil.email = self._text(element, "email")
        pupil.contacts = self._contacts()
        pupil.totals = totals_of(child_of(element, "attendance"), self._reject)
        return pupil

    def _reject(
        self, found: Element | None, column: str, value: str, reason: str, mend: str, within: str = ""
    ) -> None:
        """Set a part aside under its element's own name; ``column`` names one that is not there."""
        if found is not None:
            column = within + found.tag.rpartition("}")[2]
        line = self._pupil.line if found is None else line_of(found)
        self._reading.reject(line, column, value, f"{reason}{self._pupil.whereabouts}", mend)

    def _text(self, element: Element | None, name: str, within: str = "") -> str:
        raw = text_of(element, name)
        value, reason, mend = cells.read_name(raw, limits.NAME)
        if reason:
            self._reject(child_of(element, name), name, raw, reason, mend, within)
        return value

    def _read_upn(self, pupil: ReadPupil) -> bool:
        raw = text_of(self._element, "upn")
        pupil.upn, reason, mend = cells.read_upn(raw)
        if not reason and (pupil.upn or pupil.surname):
            return True
        if pupil.matchable:
            pupil.problems += ("the UPN was not readable and was left out",)
            return True
        upn = child_of(self._element, "upn")
        self._reject(upn, "UPN", raw, reason or "names no child", mend or "ask the school for a fresh export")
        return False

    def _read_circumstances(self, pupil: ReadPupil, basic: Element | None) -> None:
        element = self._element
        care = first_of(child_of(element, "lookedafter"), child_of(basic, "lookedafter"))
        if care is not None:
            pupil.looked_after = truth_of(text_of(care, "incare") or (care.text or ""))
        service = text_of(element, "servicechild") or text_of(basic, "servicechild")
        pupil.service_child = truth_of(service)
        languages = first_of(child_of(element, "languages"), child_of(basic, "languages"))
        pupil.languages = tuple(
            (name_of(entry, "languagetype")[:4], name_of(entry, "language")[:8])
            for entry in children_of(languages, "type")[:20]
            if name_of(entry, "language")
        )
        history = first_of(child_of(element, "fsmhistory"), child_of(basic, "fsmhistory"))
        spells = [spell for spell in (() if history is None else history) if _in_england(spell)]
        if spells:
            pupil.fsm = any(
                self._runs(text_of(spell, "fsmstartdate"), text_of(spell, "fsmenddate")) for spell in spells
            )
        elif history is None:
            pupil.fsm = truth_of(text_of(element, "fsmeligible") or text_of(basic, "fsmeligible"))

    def _runs(self, start: str, end: str) -> bool:
        """Whether a spell with these dates, either of which may be missing, ran when the file was written."""
        first, last, written = parse_date(start[:10]), parse_date(end[:10]), self._written
        begun = first is None or written is None or first <= written
        return begun and (not end or (last is not None and written is not None and last >= written))

    def _read_sen(self, pupil: ReadPupil) -> None:
        spells = children_of(child_of(self._element, "senhistory"), "sen")
        latest = max(spells, key=_start_of, default=None)
        if latest is not None and self._runs(_start_of(latest), _end_of(latest)):
            pupil.sen = name_of(latest, "senprovision")[:2].upper()
            pupil.sen_since = parse_date(_start_of(latest)[:10])
        needs = children_of(child_of(self._element, "senneeds"), "senneed")
        ranked = sorted(needs[:20], key=lambda need: text_of(need, "sentyperank").zfill(4))
        pupil.sen_needs = tuple(kind for need in ranked if (kind := name_of(need, "sentype")[:8]))

    def _read_roll(self, pupil: ReadPupil) -> None:
        """When the child came to the file's school and left it: of Admissions, else of SchoolHistory."""
        schools = children_of(child_of(self._element, "schoolhistory"), "school")
        past = [entry for entry in schools if self._laestab and laestab_of(entry) == self._laestab]
        places = [child_of(self._element, "admissions"), *past[-1:]]
        entered, left = (
            next((found for place in places if (found := child_of(place, name)) is not None), None)
            for name in ("entrydate", "leavingdate")
        )
        pupil.entered, pupil.left = self._day(entered), self._day(left)
        if pupil.left and (
            (pupil.entered and pupil.left < pupil.entered) or (pupil.dob and pupil.left < pupil.dob)
        ):
            self._not_a_day(left, "a day before the child came to the school")
            pupil.left = None

    def _day(self, found: Element | None) -> date | None:
        text = text_of(found)
        day = parse_date(text[:10])
        born = self._pupil.dob
        if text and (day is None or (born is not None and day < born)):
            self._not_a_day(found, "not a date of this child's time at school")
            return None
        return day

    def _not_a_day(self, found: Element | None, reason: str) -> None:
        self._reject(found, "", text_of(found), reason, "correct it in the school's system")

    def _address(self, element: Element | None) -> ReadAddress | None:
        if element is None:
            return None
        inner = first_of(child_of(element, "bs7666address"), child_of(element, "addresslines"), element)
        lines = tuple(line for name in (*_BS7666, *_LINES) if (line := self._text(inner, name)))
        postcode = name_of(inner, "postcode") or name_of(element, "postcode")
        uprn = name_of(inner, "uniquepropertyreferencenumber")
        return ReadAddress(lines, postcode[:10].upper(), uprn[:12]) if lines or postcode else None

    def _phones(self, element: Element) -> tuple[ReadPhone, ...]:
        found = []
        for entry in children_of(child_of(element, "phones"), "phone")[:20]:
            raw = text_of(entry, "phoneno")
            number, reason, mend = cells.read_comment(raw, limits.SHORT)  # numbers may begin with +
            if reason:
                self._reject(child_of(entry, "phoneno"), "PhoneNo", raw, reason, mend)
            elif number:
                found.append(ReadPhone(number, name_of(entry, "telephonetype")[:2].upper()))
        return tuple(found)

    def _contacts(self) -> tuple[ReadContact, ...]:
        found = []
        for entry in children_of(child_of(self._element, "contacts"), "contact")[:50]:
            surname = self._text(entry, "surname", "Contact/")
            forename = self._text(entry, "forename", "Contact/")
            if not surname and not forename:
                continue
            order = text_of(entry, "order")
            found.append(
                ReadContact(
                    surname=surname,
                    forename=forename,
                    title=name_of(entry, "title")[:20],
                    order=int(order) if order.isascii() and order.isdigit() and len(order) <= 3 else None,
                    relationship=name_of(entry, "relationship")[:8].upper(),
                    responsibility=truth_of(text_of(entry, "responsibility")),
                    phones=self._phones(entry),
                    email=self._text(entry, "email", "Contact/"),
                    address=self._address(child_of(entry, "address")),
                    address_as_pupil=truth_of(text_of(entry, "addressaspupil")) is True,
                )
            )
        return tuple(sorted(found, key=lambda contact: (contact.order is None, contact.order or 0)))


def _in_england(spell: Element) -> bool:
    """Whether a spell of free school meals is England's; each nation has its own rules."""
    return text_of(spell, "ukcountry").upper() in ("", "ENG")


def _start_of(spell: Element) -> str:
    return text_of(spell, "startdate") or text_of(spell, "senstartdate")


def _end_of(spell: Element) -> str:
    return text_of(spell, "enddate") or text_of(spell, "senenddate")

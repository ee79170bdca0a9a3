"""A family's sheet as a file that leaves the caseload: plain text, or a PDF that typst sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from casework.errors import BadInput, Refused
from storage.files import check_is_free, write_new
from storage.queries.family_sheet import sheet_lines

if TYPE_CHECKING:
    from datetime import datetime

    from casework.records import Child
    from storage.queries.family_sheet import Sheet
    from storage.store import Store

FileFormat = Literal["text", "pdf"]
FILE_FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)
_ENDINGS: dict[str, FileFormat] = {".txt": "text", ".pdf": "pdf"}

# The words come in as data and are never read as typst's own language.
_TYPST = """
#let sheet = json(bytes(sys.inputs.sheet))
#set document(title: sheet.title)
#set page(paper: "a4", margin: 2.2cm, footer: context align(center, text(9pt, counter(page).display())))
#set text(lang: "en", region: "gb", size: 12pt)
#set par(leading: 0.75em, spacing: 1.1em)
#show heading: set block(above: 1.6em, below: 0.8em)
#heading(level: 1, sheet.title)
#text(10pt, sheet.made)
#for section in sheet.sections {
  block(breakable: true, {
    heading(level: 2, section.heading)
    for words in section.body {
      if words.starts-with("* ") { list.item(words.slice(2)) } else { par(words) }
    }
  })
}
"""


def format_of(target: Path, chosen: FileFormat | None = None) -> FileFormat:
    """The format that was chosen, else the one that a file's ending names. Raises BadInput for another."""
    fmt = chosen or _ENDINGS.get(target.suffix.casefold())
    if fmt is None:
        raise BadInput("bad-ending", "The file's name must end in .txt or .pdf; correct it.", str(target))
    return fmt


def save_sheet(store: Store, child: Child, sheet: Sheet, target: Path, fmt: FileFormat, at: datetime) -> Path:
    """Write the sheet into a new file that only its owner may read; that it left is on record before.

    Raises Refused where the file is there, where the record cannot be written, or where a PDF is asked for
    and typst is not installed; BadInput where there is no such folder.
    """
    target = target.expanduser().absolute()
    check_is_free(target)
    data = to_pdf(sheet, at) if fmt == "pdf" else ("\n".join(sheet_lines(sheet)) + "\n").encode()
    store.log("exported", f"sheet for the family, {fmt} file", child.id)
    write_new(target, data)
    return target


def to_pdf(sheet: Sheet, at: datetime) -> bytes:
    """The sheet as a PDF of A4 pages. Raises Refused where typst is not installed or cannot set it."""
    try:
        import typst
    except ImportError:
        raise Refused(
            "no-typst",
            "A PDF needs typst, which is not there: pip install 'outreach-tui[report]', or take text.",
        ) from None
    sections = [{"heading": one.heading, "body": list(one.body)} for one in sheet.sections]
    words = json.dumps({"title": sheet.title, "made": sheet.made, "sections": sections})
    try:
        made = typst.compile(
            _TYPST.encode(), format="pdf", sys_inputs={"sheet": words}, timestamp=int(at.timestamp())
        )
    except typst.TypstError:
        # Its message could quote the words.
        raise Refused("pdf-failed", "The PDF could not be made of this sheet; take the text file.") from None
    if not isinstance(made, bytes):
        raise Refused("pdf-failed", "The PDF could not be made of this sheet; take the text file.")
    return made

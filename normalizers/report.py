"""Reads a whole document: the cover, the narrative and the forms, in the order of its paragraphs and tables."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from normalizers import head, label_value, money
from normalizers.draft import Draft
from normalizers.forms import Forms
from normalizers.ledger import Ledger
from normalizers.lookups import Lookups
from normalizers.scale import settle
from normalizers.sections import Heading, Narrative, heading
from normalizers.text import blank, clean, squeeze
from normalizers.titles import bare_title, form_kind, is_report_title, is_title, names_unit
from normalizers.values import year
from normalizers.vocabulary import Vocabulary, vocabulary
from schema.document import Document, Paragraph, Table
from schema.errors import NothingFound
from schema.evidence import Evidence, Outline
from schema.records import Finding, Form, Report, Submission, title


def normalize(document: Document, words: Vocabulary | None = None) -> tuple[Submission, Evidence]:
    """What a document says, as records, and where each value was read. words: another vocabulary than the one that ships.

    The findings of reading (`number_unreadable`) are in it; schema.checks adds the others. Raises
    NothingFound where there is neither a form nor a narrative section.
    """
    reader = _Reader(Lookups(words or vocabulary()))
    blocks = [b for b in document.blocks if isinstance(b, Table) or not (b.ornament or blank(b.text))]
    for block, after in zip(blocks, [*blocks[1:], None], strict=False):
        if isinstance(block, Table):
            reader.table(block)
        else:
            reader.paragraph(block, after)
    return reader.close(document)


_OF_FORM = frozenset(("project", "supervisor", "implementer"))
_OF_REPORT = frozenset(("unit", "reported_on", "fiscal_year"))
_CAPTION = re.compile("[^，。；：:！？]{3,30}")


class _Reader:
    """One pass over a document; guards what the cover has stated so far."""

    def __init__(self, words: Lookups) -> None:
        self.words = words
        self.ledger = Ledger()
        self.forms = Forms(self.ledger, words)
        self.narrative = Narrative(self.ledger, words)
        self.cover: list[Paragraph] = []
        self.titles: list[Paragraph] = []
        self.parted = False  # the form being read names its parts in numbered lines
        self.inserted = False  # a table stands inside the open section

    # -- tables
    def table(self, table: Table) -> None:
        """A table under a form's title ends the narrative; one inside a section does not: what follows is the section's."""
        inside = self.narrative.open and self.forms.title is None
        titled = self.forms.titles
        understood = self.forms.table(table, inside)
        if understood and not (inside and self.forms.titles == titled):
            self.narrative.close()
        self.inserted = self.narrative.open

    # -- paragraphs
    def paragraph(self, paragraph: Paragraph, after: Paragraph | Table | None) -> None:
        """Routes a line to the first handler that accepts it (the order matters). after: what follows it."""
        over_table = isinstance(after, Table)
        text, plain = paragraph.text, squeeze(paragraph.text)
        found = heading(text, self._text(after))
        if re.search(self.words.forms["staging"], plain):
            self.ledger.ornament(paragraph)
            self.forms.unit = money.stated(text) or self.forms.unit
            if re.search(self.words.forms["annex"], plain):
                self.narrative.close()
            self.forms.end_notes()
        elif self._names_form(text, found):
            self.narrative.close()
            self.parted = False
            self.forms.titled(paragraph)
        elif self._names_report(text, found):
            self.forms.end_notes()
            self.titles.append(paragraph)
            if not self.forms.drafts:
                self.forms.entitled = paragraph
        elif found is not None and over_table and self._is_part(found):
            self.forms.end_notes()
            self.ledger.ornament(paragraph)
            self.parted = True
        elif self._is_note(paragraph, found):
            self.forms.notes.append(paragraph)
        elif found is not None and (self.forms.title is None or found.level == 1):
            self._give_back()
            self.forms.end_notes()
            self.inserted = False
            if not self.forms.drafts:
                self.forms.entitled = None  # a report's own
            self.narrative.begin(found, paragraph)
        elif self.forms.title is not None:
            self.forms.waiting.append(paragraph)
        elif self.inserted and self._signs(paragraph):
            self._line(paragraph)
        elif self.narrative.open:
            self.narrative.add(paragraph, closing=self._closes(paragraph))
        else:
            if over_table and len(plain) <= 20 and year(plain) is not None:
                self.forms.waiting.append(paragraph)  # the title may stand in the table
                return
            self._line(paragraph)
            if over_table and not self.ledger.claimed(paragraph) and _CAPTION.fullmatch(plain):
                self.forms.caption = paragraph

    def _text(self, after: Paragraph | Table | None) -> str | None:
        """The paragraph that follows a line, where it may be the text below it."""
        if not isinstance(after, Paragraph) or self._closes(after) or is_title(after.text, self.words):
            return None
        return after.text

    def _is_part(self, found: Heading) -> bool:
        """Does a numbered heading over a table name a part of the form (`一、基本信息` below the form's title), and no section?"""
        waits = self.forms.title is not None
        return found.level == 1 and not self.narrative.open and (waits or self.parted)

    def _is_note(self, paragraph: Paragraph, found: Heading | None) -> bool:
        """`说明：…` below a form, and the lines that go on with it."""
        if self.forms.notes:
            return not (found and found.level <= 2) and not self._signs(paragraph)
        begins = re.match(self.words.forms["notes"], squeeze(paragraph.text)) is not None
        return begins and (self.inserted or not self.narrative.open)

    def _names_form(self, text: str, found: Heading | None) -> bool:
        """A form's title; a numbered line only where it says so itself (`1.项目支出绩效自评表`)."""
        return is_title(text, self.words) and (found is None or squeeze(text).endswith("表"))

    def _names_report(self, text: str, found: Heading | None) -> bool:
        """A narrative's title; a numbered line only where it says so itself (`二、绩效自评报告`)."""
        plain = found is None or squeeze(text).endswith("报告")
        return plain and not self.narrative.open and is_report_title(text, self.words)

    def _give_back(self) -> None:
        """A title that no table followed belongs to the cover, and so do the lines below it."""
        for line in self.forms.drop_title():
            (self.titles if is_title(line.text, self.words) else self.cover).append(line)

    def _signs(self, paragraph: Paragraph) -> bool:
        """A line of run-in labels that people sign with: `填表人：… 联系电话：…`."""
        plain = squeeze(paragraph.text)
        signed = re.search(self.words.forms["signature"], plain) and not plain.endswith("。")
        return bool(signed and len(plain) <= 80 and head.run_ins(paragraph.text, self.words))

    def _closes(self, paragraph: Paragraph) -> bool:
        """A line that may close a report: the unit, the date, a signature. It counts as one only if no text follows."""
        plain = squeeze(paragraph.text)
        return head.is_date_line(plain) is not None or names_unit(plain, self.words) or self._signs(paragraph)

    def _line(self, paragraph: Paragraph) -> None:
        """A line outside everything: below a form its signature, before it the cover."""
        draft, plain = self.forms.current, squeeze(paragraph.text)
        if draft is not None and (
            head.read_line(paragraph, draft, self.words) or label_value.read_line(paragraph, draft, self.words)
        ):
            return
        if draft is not None and re.search(self.words.forms["signature"], plain) and len(plain) < 60:
            self.ledger.ornament(paragraph)
            return
        if draft is None and self._says_of_form(paragraph.text):
            self.forms.covers.append(paragraph)
        else:
            self.cover.append(paragraph)
            if draft is None:
                self.forms.cover_lines.append(paragraph)

    def _says_of_form(self, text: str) -> bool:
        """`项目名称：…` on a cover: what the report itself has no field for, and a form has."""
        fields = {field for field, _, _ in head.run_ins(text, self.words)}
        return bool(fields & _OF_FORM) and not fields & _OF_REPORT

    # -- the end
    def close(self, document: Document) -> tuple[Submission, Evidence]:
        self.narrative.close()
        self._give_back()
        self.cover += self.forms.close()
        settle(self.forms.drafts)
        for draft in self.forms.drafts:  # a table that no title is over is of the report's kind
            if draft.kind is None and self.titles:
                draft.kind = form_kind(self.titles[0].text, self.words)
        forms = tuple(draft.form() for draft in self.forms.drafts)
        sections = tuple(self.narrative.sections)
        report = self._report(forms)
        if not forms and not sections:
            raise NothingFound(document.name, "没有找到自评表，也没有找到编号的章节", "请核对是否交错了文件")
        findings = tuple(
            Finding("number_unreadable", draft.index + 1, u.where, f"{u.name}：“{u.raw}”{u.why}", u.raw)
            for draft in self.forms.drafts
            for u in draft.unreadable
        )
        findings += tuple(
            Finding(
                "stated_twice",
                draft.index + 1,
                name,
                f"{title(draft.path, name)}两处所填不一致：“{one}”与“{other}”",
                one,
                other,
            )
            for draft in self.forms.drafts
            for name, one, other in draft.twice
        )
        outlines = tuple(Outline(draft.index + 1, _outline(draft), draft.confirmed) for draft in self.forms.drafts)
        evidence = replace(self.ledger.evidence(document), outlines=outlines, lookups=self.words.noted())
        return Submission(report, forms, sections, findings), evidence

    def _report(self, forms: tuple[Form, ...]) -> Report:
        """What the cover states; where it is silent, what the first form states that does."""
        stated: dict[str, object] = {}
        entitled = self.forms.entitled if self.forms.drafts else None  # whose cover was the form's
        for paragraph in self.titles:
            if paragraph is entitled:
                continue
            title = bare_title(paragraph.text).replace("\n", "").replace(" ", "")
            self.ledger.ornament(paragraph)
            if "title" not in stated:
                self._put(stated, "title", title, paragraph)
            self._put(stated, "fiscal_year", year(paragraph.text), paragraph)
        for paragraph in [*self.cover, *self.narrative.closing]:
            self._cover_line(stated, paragraph)
        for field in ("title", "unit", "fiscal_year", "reported_on"):
            if stated.get(field) is None:
                stated[field] = next((v for form in forms if (v := getattr(form, field)) is not None), None)
        return Report(**stated, submitter=_submitter(stated.get("unit"), forms))  # type: ignore[arg-type]

    def _cover_line(self, stated: dict[str, object], paragraph: Paragraph) -> None:
        text, plain = paragraph.text, squeeze(paragraph.text)
        pairs = head.run_ins(text, self.words)
        for field, _, value in pairs:
            self.ledger.ornament(paragraph)
            if field in ("unit", "reported_on", "fiscal_year"):
                self._put(stated, field, head.head_value(field, value), paragraph)
        if pairs:
            return
        on: date | None = head.is_date_line(plain)
        if on is not None:
            self._put(stated, "reported_on", on, paragraph)
        elif len(plain) <= 20 and year(plain) is not None:
            self._put(stated, "fiscal_year", year(plain), paragraph)
        elif names_unit(plain, self.words):
            self._put(stated, "unit", clean(text).replace("\n", ""), paragraph)
        elif re.search(self.words.forms["signature"], plain) and len(plain) <= 40:
            self.ledger.ornament(paragraph)

    def _put(self, stated: dict[str, object], field: str, value: object, source: Paragraph) -> None:
        if value is None:
            return
        if stated.get(field) is None:
            stated[field] = value
        self.ledger.use(source, "report", field)


def _outline(draft: Draft) -> tuple[tuple[str, str, str | None], ...]:
    """The headings of a form; where none was found, what it states of itself."""
    return tuple(draft.outline) or tuple(("head", title(draft.path, name), name) for name in draft.head)


def _submitter(unit: object, forms: tuple[Form, ...]) -> str | None:
    """Who handed a submission in: the unit that it states, else the one 实施单位 that all its forms state."""
    implementers = {form.implementer for form in forms}
    return str(unit) if unit is not None else next(iter(implementers)) if len(implementers) == 1 else None

"""Reads a whole document: the cover, the narrative and the forms, in the order of its paragraphs and tables."""

from __future__ import annotations

import re
from datetime import date

from normalizers import head
from normalizers.forms import Forms
from normalizers.ledger import Ledger
from normalizers.sections import Narrative, heading
from normalizers.text import blank, clean, squeeze
from normalizers.titles import bare_title, is_report_title, is_title, names_unit
from normalizers.values import year
from normalizers.vocabulary import Vocabulary, vocabulary
from schema.document import Document, Paragraph, Table
from schema.errors import NothingFound
from schema.evidence import Evidence
from schema.records import Finding, Form, Report, Submission


def normalize(document: Document) -> tuple[Submission, Evidence]:
    """What a document says, as records, and where each value was read.

    The findings of reading (`number_unreadable`) are in it; schema.checks adds the others. Raises
    NothingFound where there is neither a form nor a narrative section.
    """
    reader = _Reader(vocabulary())
    for block in document.blocks:
        if isinstance(block, Table):
            reader.table(block)
        elif not block.ornament and not blank(block.text):
            reader.paragraph(block)
    return reader.close(document)


class _Reader:
    """One pass over a document; guards what the cover has stated so far."""

    def __init__(self, words: Vocabulary) -> None:
        self.words = words
        self.ledger = Ledger()
        self.forms = Forms(self.ledger, words)
        self.narrative = Narrative(self.ledger, words)
        self.cover: list[Paragraph] = []
        self.titles: list[Paragraph] = []

    # -- tables
    def table(self, table: Table) -> None:
        before = len(self.forms.drafts)
        if self.forms.table(table) and len(self.forms.drafts) >= before:
            self.narrative.close()

    # -- paragraphs
    def paragraph(self, paragraph: Paragraph) -> None:
        text = paragraph.text
        plain = squeeze(text)
        found = heading(text)
        if re.search(self.words.forms["staging"], plain):
            self.ledger.ornament(paragraph)
            self.narrative.close()
            self.forms.end_notes()
        elif self.forms.notes and not (found and found.level <= 2) and not self._is_title(text):
            self.forms.notes.append(paragraph)
        elif self._is_title(text) and not (
            found and self.narrative.open and found.level > 1 and not text.strip().endswith("表")
        ):
            self.narrative.close()
            self.forms.titled(paragraph)
        elif is_report_title(text, self.words) and not self.narrative.open:
            self.forms.end_notes()
            self.titles.append(paragraph)
        elif self._is_note(plain) and not self.narrative.open:
            self.forms.notes.append(paragraph)
        elif found is not None and not self.forms.title:
            self._heading(found, paragraph)
        elif self.forms.title is not None:
            if found is not None and found.level == 1:
                self._give_back()
                self._heading(found, paragraph)
            else:
                self.forms.waiting.append(paragraph)
        elif self.narrative.open:
            self._text(paragraph)
        else:
            self._line(paragraph)

    def _is_title(self, text: str) -> bool:
        return is_title(text, self.words)

    def _is_note(self, plain: str) -> bool:
        return re.match(self.words.forms["notes"], plain) is not None

    def _heading(self, found: object, paragraph: Paragraph) -> None:
        from normalizers.sections import Heading

        assert isinstance(found, Heading)
        self.forms.end_notes()
        self.narrative.begin(found, paragraph)

    def _give_back(self) -> None:
        for line in self.forms.drop_title():
            (self.titles if self._is_title(line.text) else self.cover).append(line)

    def _text(self, paragraph: Paragraph) -> None:
        """Text of the open section, but for the signature and the date that close a report."""
        plain = squeeze(paragraph.text)
        if (
            head.is_date_line(plain)
            or (len(plain) <= 40 and names_unit(plain, self.words))
            or (
                len(plain) <= 60
                and len(head.run_ins(paragraph.text, self.words)) > 0
                and re.search(self.words.forms["signature"], plain)
                and not re.search("。$", plain)
            )
        ):
            self.cover.append(paragraph)
        else:
            self.narrative.add(paragraph)

    def _line(self, paragraph: Paragraph) -> None:
        """A line outside everything: below a form its signature, before it the cover."""
        draft = self.forms.current
        if draft is not None and head.read_line(paragraph, draft, self.words):
            return
        if (
            draft is not None
            and re.search(self.words.forms["signature"], squeeze(paragraph.text))
            and len(squeeze(paragraph.text)) < 60
        ):
            self.ledger.ornament(paragraph)
            return
        self.cover.append(paragraph)

    # -- the end
    def close(self, document: Document) -> tuple[Submission, Evidence]:
        self.narrative.close()
        self.forms.end_notes()
        self._give_back()
        forms = tuple(draft.form() for draft in self.forms.drafts)
        sections = tuple(self.narrative.sections)
        report = self._report(forms)
        if not forms and not sections:
            raise NothingFound(document.name, "没有找到自评表，也没有找到编号的章节", "请核对是否交错了文件")
        findings = tuple(
            Finding("number_unreadable", draft.index + 1, where, f"{name}：“{raw}”不是数字", raw)
            for draft in self.forms.drafts
            for where, name, raw in draft.unreadable
        )
        return Submission(report, forms, sections, findings), self.ledger.evidence(document)

    def _report(self, forms: tuple[Form, ...]) -> Report:
        """What the cover states; where it is silent, what the first form states that does."""
        stated: dict[str, object] = {}
        for paragraph in self.titles:
            title = bare_title(paragraph.text).replace("\n", "").replace(" ", "")
            self.ledger.ornament(paragraph)
            if "title" not in stated:
                self._put(stated, "title", title, paragraph)
            self._put(stated, "fiscal_year", year(paragraph.text), paragraph)
        for paragraph in self.cover:
            self._cover_line(stated, paragraph)
        for field in ("title", "unit", "fiscal_year", "reported_on"):
            if stated.get(field) is None:
                stated[field] = next((v for form in forms if (v := getattr(form, field)) is not None), None)
        return Report(**stated)  # type: ignore[arg-type]

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

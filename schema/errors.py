"""The few errors ziping raises: trouble in us or in a file, never trouble in what a unit wrote."""

from __future__ import annotations

from schema.visible import safe_line


class ZipingError(Exception):
    """Something stopped ziping. The message is one line: file, place, remedy.

    `subject` names what the trouble is about (a file, a store, a vocabulary row), `trouble` what is
    wrong with it, `remedy` what a person can do; in all three signs are visible and secrets masked.
    """

    def __init__(self, subject: object, trouble: str, remedy: str) -> None:
        self.subject = safe_line(str(subject))
        self.trouble = safe_line(" ".join(trouble.split()))
        self.remedy = safe_line(" ".join(remedy.split()))
        super().__init__(f"{self.subject}: {self.trouble}; {self.remedy}")

    @property
    def reason(self) -> str:
        """Trouble and remedy without the subject."""
        return f"{self.trouble}; {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.subject, self.trouble, self.remedy)


class FileRefused(ZipingError):
    """A file cannot be read: empty, broken, locked, hostile or of a kind that is not read."""


class Failed(FileRefused):
    """A file was not read, and the fault is ours."""


class NothingFound(ZipingError):
    """A file was read, but holds neither a form nor a narrative section."""


class StoreError(ZipingError):
    """The store cannot be opened, written or understood."""


class StoreAway(StoreError):
    """The store's server does not answer."""


class StoreBusy(StoreError):
    """Another writer was in the way."""


class VocabularyError(ZipingError):
    """A row of the vocabulary is wrong: unknown field, contradicting spelling, bad pattern."""


class ScoreError(ZipingError):
    """A record or a gold cannot be read, so that nothing can be compared."""


class CorrectionError(ZipingError):
    """A correction names no value, or one that cannot be what it should be."""


class PackError(ZipingError):
    """A rule pack is wrong: unknown rule, parameter or form, or an example that its rule does not find."""


class Moved(CorrectionError):
    """What a person saw is read otherwise by now. seen, now: both readings, None where nothing is stated."""

    def __init__(self, subject: object, seen: str | None, now: str | None) -> None:
        super().__init__(subject, f"读数已变：所见“{seen or '（无）'}”，现为“{now or '（无）'}”", "请再看一次")
        self.seen, self.now = seen, now

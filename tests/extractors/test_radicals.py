"""Characters that a printer names by their radicals."""

from __future__ import annotations

import unicodedata

from extractors.radicals import CHARACTERS, meant


def test_a_radical_is_the_character_that_is_meant() -> None:
    assert "".join(map(meant, "⾃评得分⽆⻓⻔⻚⺠")) == "自评得分无长门页民"
    assert "".join(map(meant, "自评 A1，")) == "自评 A1，"


def test_none_is_another_radical() -> None:
    assert all(unicodedata.name(said).startswith("CJK UNIFIED") for said in CHARACTERS.values())
    assert all("RADICAL" in unicodedata.name(chr(code)) for code in CHARACTERS)

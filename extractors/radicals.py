"""Characters that a PDF names by their radical → the characters that are meant.

Some printers' fonts draw 自, 无, 长 with the glyph of the radical and name that: ⾃, ⽆, ⻓. Source: Unicode's EquivalentUnifiedIdeograph.txt.
"""

from __future__ import annotations

import unicodedata
from typing import Final

FIRST, LAST = 0x2E80, 0x2FD5  # the radicals' blocks
_SUPPLEMENT = (
    "⺁厂⺄乙⺆冂⺈刀⺎兀⺒巳⺓幺⺛旡⺜日⺝月⺟母⺠民⺧牛⺩王⺬示⺶羊⺹耂⺻聿⺼月⺾艹⻁虎⻄西⻅见⻆角⻈讠⻉贝⻋车⻌辶⻏阝⻐钅⻑長⻒镸⻓长⻔门⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食"
    "⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
CHARACTERS: Final = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, LAST + 1)},
    **{ord(radical): meant for radical, meant in zip(_SUPPLEMENT[::2], _SUPPLEMENT[1::2], strict=True)},
}


def meant(character: str) -> str:
    """The character that one stands for: itself where it is no radical."""
    return CHARACTERS.get(ord(character), character) if FIRST <= ord(character) <= LAST else character

"""Legacy Word .doc (97 to 2003) → paragraphs and tables with exact merged cells, read from the binary itself.

Source: [MS-DOC]. The text is a table of pieces; properties stand in 512-byte pages keyed by the place of a
paragraph's or run's last character; a table's grid stands in the property of each row's end mark.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path

import olefile

from extractors import office
from extractors.msdoc.binary import File, TooOld
from extractors.msdoc.tables import Assembler
from schema.document import Paragraph, Table
from schema.errors import FileRefused


def blocks(data: bytes, path: Path) -> list[Paragraph | Table]:
    """The paragraphs and tables of a .doc in reading order; nested tables follow the one that holds them.

    Raises FileRefused where the file is no Word document, too old, locked or broken.
    """
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            if not ole.exists("WordDocument"):
                raise FileRefused(path, "这是旧版Office文件，但不是Word文档", "请另存为.docx")
            streams = {
                name: ole.openstream(name).read() if ole.exists(name) else b""
                for name in ("WordDocument", "0Table", "1Table", "Data")
            }
        return Assembler(File(streams, path)).read()
    except FileRefused:
        raise
    except TooOld:
        return office.blocks(data, path)
    except (OSError, struct.error, IndexError, ValueError, KeyError, OverflowError, RecursionError) as error:
        raise FileRefused(path, f"Word文件已损坏（{type(error).__name__}）", "请用Word打开后另存为.docx") from None

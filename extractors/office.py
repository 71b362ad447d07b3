"""RTF and Word 95 through LibreOffice, where it is installed: its own profile, a time limit, on a leash."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from extractors import supervisor, word
from schema.document import Paragraph, Table
from schema.errors import FileRefused

TIMEOUT = 120.0  # seconds for one file


def installed() -> str | None:
    """The path of LibreOffice's command, None where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def blocks(data: bytes, path: Path) -> list[Paragraph | Table]:
    """What a file holds once LibreOffice has made it a .docx. Raises FileRefused."""
    command = installed()
    if command is None:
        raise FileRefused(
            path,
            "这种旧格式（RTF、Word 95）需要LibreOffice才能读取",
            "请安装LibreOffice，或用Word另存为.docx",
        )
    with tempfile.TemporaryDirectory(prefix="ziping-office-") as folder:
        source, made = (
            Path(folder, "in.rtf" if data.startswith(b"{\\rtf") else "in.doc"),
            Path(folder, "in.docx"),
        )
        source.write_bytes(data)
        profile = Path(folder, "profile").as_uri()
        code = subprocess.run(
            [sys.executable, "-I", supervisor.__file__, str(TIMEOUT), folder, command, "--headless", "--norestore",
             f"-env:UserInstallation={profile}", "--convert-to", "docx", "--outdir", folder, str(source)],
            start_new_session=True, check=False,
        ).returncode  # fmt: skip
        if code == supervisor.LATE:
            raise FileRefused(path, f"LibreOffice在{TIMEOUT:.0f}秒内没有转换完", "请用Word另存为.docx")
        if not made.is_file() or not made.stat().st_size:  # its exit code says nothing
            raise FileRefused(path, "LibreOffice没有转换成功", "请用Word打开后另存为.docx")
        return word.blocks(made.read_bytes(), path)

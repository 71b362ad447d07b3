"""RTF and Word 95 through LibreOffice, where it is installed: its own profile, a time limit, the whole group killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from extractors import word
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
        process = subprocess.Popen(
            [command, "--headless", "--norestore", f"-env:UserInstallation={profile}", "--convert-to", "docx",
             "--outdir", folder, str(source)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            raise FileRefused(
                path, f"LibreOffice在{TIMEOUT:.0f}秒内没有转换完", "请用Word另存为.docx"
            ) from None
        finally:
            _end(process)
        if not made.is_file() or not made.stat().st_size:  # its exit code says nothing
            raise FileRefused(path, "LibreOffice没有转换成功", "请用Word打开后另存为.docx")
        return word.blocks(made.read_bytes(), path)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends LibreOffice with everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

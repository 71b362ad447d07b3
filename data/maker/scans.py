"""A PDF → what a scanner makes of it: pictures at some resolution, askew, turned, with noise and a red stamp."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium


@dataclass(frozen=True)
class Scanner:
    """dpi: resolution; askew: degrees; turn: 0, 90, 180 or 270; noise: grey levels; quality: of the JPEG, in percent."""

    dpi: int = 200
    askew: float = 0.0
    turn: int = 0
    noise: float = 4.0
    quality: int = 60
    stamp: bool = False


def pictures(pdf: bytes, scanner: Scanner, seed: int = 1) -> list[bytes]:
    """Every page as a JPEG; the same seed gives the same noise."""
    rng = np.random.default_rng(seed)
    document = pdfium.PdfDocument(pdf)
    out = []
    for page in document:
        image = page.render(scale=scanner.dpi / 72).to_numpy()[..., :3].copy()
        if scanner.stamp:
            image = _stamped(image, scanner.dpi / 72)
        image = _askew(image, scanner.askew)
        image = np.clip(image + rng.normal(0, scanner.noise, image.shape[:2])[..., None], 0, 255).astype(np.uint8)
        image = np.ascontiguousarray(np.rot90(image, scanner.turn // 90))
        out.append(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, scanner.quality])[1].tobytes())
    document.close()
    return out


def as_pdf(pages: list[bytes], dpi: int) -> bytes:
    """Pictures as the pages of a PDF without text."""
    document = pdfium.PdfDocument.new()
    for data in pages:
        image = pdfium.PdfImage.new(document)
        image.load_jpeg(io.BytesIO(data), inline=True)
        width, height = (side * 72 / dpi for side in image.get_px_size())
        image.set_matrix(pdfium.PdfMatrix().scale(width, height))
        page = document.new_page(width, height)
        page.insert_obj(image)
        page.gen_content()
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def _askew(image: Any, degrees: float) -> Any:
    if not degrees:
        return image
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(image, turn, (width, height), borderValue=(255, 255, 255))


def _stamped(image: Any, scale: float) -> Any:
    """A round red seal over the middle of the upper half, as ink: dark stays dark below it."""
    height, width = image.shape[:2]
    ink = np.full_like(image, 255)
    centre = (int(width * 0.55), int(height * 0.3))
    red = (40, 40, 220)
    cv2.circle(ink, centre, int(58 * scale), red, int(3 * scale))
    cv2.putText(
        ink,
        "*",
        (centre[0] - int(16 * scale), centre[1] + int(16 * scale)),
        0,
        2.2 * scale,
        red,
        int(3 * scale),
    )
    return np.minimum(image, ink)

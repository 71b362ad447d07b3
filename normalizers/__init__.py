"""Document → Submission + Evidence: understands the words, never the file format."""

from normalizers.report import normalize

__all__ = ["normalize"]

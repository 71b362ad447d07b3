"""Carries documents through extractors and normalizers into the store and out to people."""

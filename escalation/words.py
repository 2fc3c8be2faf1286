"""A text that people read, in 简体中文 and in English, kept as one value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The same sentence in both languages; neither is empty."""

    zh: str
    en: str

    def said(self, lang: str) -> str:
        """Answer the text in `lang`: `zh` gives the Chinese, anything else the English."""
        return self.zh if lang == "zh" else self.en

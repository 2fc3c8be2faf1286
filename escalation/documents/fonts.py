"""The faces a page is set in: which stand for the official ones, what they can draw, and what none of them can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn as always
import typst
from fontTools.ttLib import TTFont

from errors import MissingGlyph


class Role(StrEnum):
    """What a face is for, by its official name."""

    TITLE = "方正小标宋简体"
    BODY = "仿宋_GB2312"
    HEI = "黑体"
    KAI = "楷体_GB2312"
    SONG = "宋体"


#: Best first; the official face itself, then what resembles it. The last two come with the house and are always there.
_SERIF, _SANS = "Noto Serif SC", "Noto Sans SC"
_FACES: Mapping[Role, tuple[str, ...]] = {
    Role.TITLE: ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "Noto Serif CJK SC", "FandolSong", _SERIF),
    Role.BODY: (
        "FangSong_GB2312",
        "FangSong",
        "FandolFang R",
        "FandolFang",
        "Zhuque Fangsong",
        "Noto Serif CJK SC",
        _SERIF,
    ),
    Role.HEI: ("SimHei", "FandolHei", "Noto Sans CJK SC", _SANS),
    Role.KAI: ("KaiTi_GB2312", "KaiTi", "FandolKai", "AR PL KaitiM GB", "LXGW WenKai", "Noto Serif CJK SC", _SERIF),
    Role.SONG: ("SimSun", "FandolSong", "AR PL SungtiL GB", "Noto Serif CJK SC", _SERIF),
}
_OFFICIAL: Mapping[Role, tuple[str, ...]] = {
    Role.TITLE: _FACES[Role.TITLE][:2],
    Role.BODY: _FACES[Role.BODY][:2],
    Role.HEI: _FACES[Role.HEI][:1],
    Role.KAI: _FACES[Role.KAI][:2],
    Role.SONG: _FACES[Role.SONG][:1],
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Substitution:
    """An official face that is not here, and the one that stands for it."""

    wanted: str
    used: str


@dataclass(frozen=True, kw_only=True)
class Fonts:
    """The faces at hand: a family for each role, and what is asked when it cannot draw a character."""

    press: typst.Fonts
    families: Mapping[Role, str]
    files: Mapping[str, tuple[Path, int]]

    def chain(self, role: Role) -> tuple[str, ...]:
        """The families that are asked for a character, in order."""
        return tuple(dict.fromkeys((self.families[role], _SERIF, _SANS)))

    def substitutions(self, roles: Iterable[Role]) -> tuple[Substitution, ...]:
        """Which official faces of `roles` another stands for."""
        return tuple(
            Substitution(wanted=role.value, used=self.families[role])
            for role in Role
            if role in set(roles) and self.families[role] not in _OFFICIAL[role]
        )

    def require(self, words: Mapping[Role, str]) -> tuple[str, ...]:
        """Answer the families that draw these words; refuses `MissingGlyph` and names what none can draw."""
        used, lacking = self._looked_up(words)
        if lacking:
            raise MissingGlyph(characters="、".join(f"{letter}（U+{ord(letter):04X}）" for letter in lacking))
        return used

    def lacking(self, words: Mapping[Role, str]) -> tuple[str, ...]:
        """Answer the characters of these words that no family can draw."""
        return self._looked_up(words)[1]

    def _looked_up(self, words: Mapping[Role, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        used: dict[str, None] = {}
        lacking: dict[str, None] = {}
        for role, text in words.items():
            for letter in dict.fromkeys(text):
                family = next((each for each in self.chain(role) if self._draws(each, letter)), None)
                if family is not None:
                    used[family] = None
                elif not letter.isspace():
                    lacking[letter] = None
        return tuple(used), tuple(lacking)

    def _draws(self, family: str, letter: str) -> bool:
        return ord(letter) in _characters(*self.files[family])


@cache
def found(*, system: bool = True) -> Fonts:
    """Answer the faces of this machine, or with `system` false only those that come with the house."""
    press = typst.Fonts(
        include_system_fonts=system,
        include_embedded_fonts=False,
        font_paths=[str(always.serif_path().parent)],
    )
    files: dict[str, tuple[Path, int]] = {}
    for font in sorted(press.fonts(), key=lambda each: (abs(each.weight - 400), each.style != "normal", each.family)):
        if font.path is not None:
            files.setdefault(font.family, (Path(font.path), font.index))
    families = {role: next(face for face in faces if face in files) for role, faces in _FACES.items()}
    return Fonts(press=press, families=families, files=files)


@cache
def _characters(path: Path, index: int) -> frozenset[int]:
    with TTFont(path, fontNumber=index, lazy=True) as font:
        return frozenset(font.getBestCmap())

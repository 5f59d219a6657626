"""Copies the third-party front-end files and fonts we use out of `node_modules` into two git-ignored folders.

What is used stands here and nowhere else; `package-lock.json` pins what it is, by hash. Source-map comments are
stripped (they name files we do not carry), and text files get a gzip and, where brotli is installed, a br twin.
Needs only Python's standard library. Run by `make vendor`.
"""

from __future__ import annotations

import gzip
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
STATIC = ROOT / "src" / "indelible" / "web" / "static" / "vendor"
FONTS = ROOT / "src" / "indelible" / "exports" / "fonts"

PAGES = {
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx/LICENSE": "htmx.org/LICENSE",
    "inter/LICENSE": "@fontsource-variable/inter/LICENSE",
    "icons/LICENSE": "@tabler/icons/LICENSE",
    **{
        f"inter/inter-{subset}-wght-normal.woff2": f"@fontsource-variable/inter/files/inter-{subset}-wght-normal.woff2"
        for subset in ("latin", "latin-ext", "greek", "cyrillic")
    },
}
ICONS = (  # noqa: SIM905  (read and edited as a line of words)
    "alert-triangle arrow-back-up arrow-left arrow-right ban braces calendar check chevron-down chevron-right "
    "circle-check circle-dot circle-x clock download eye feather file-text file-type-pdf filter flag hash help-circle "
    "history home inbox info-circle key link list-details lock lock-open login logout menu-2 paperclip pencil plus "
    "printer refresh search shield-check shield-lock shield-x signature table trash upload user user-plus users "
    "writing-sign x"
).split()
PRINT_FONTS = (
    "@embedpdf/fonts-latin/fonts/NotoSans-Regular.ttf",
    "@embedpdf/fonts-latin/fonts/NotoSans-Bold.ttf",
    "@embedpdf/fonts-hebrew/fonts/NotoSansHebrew-Regular.ttf",
    "@embedpdf/fonts-hebrew/fonts/NotoSansHebrew-Bold.ttf",
    "@embedpdf/fonts-arabic/fonts/NotoNaskhArabic-Regular.ttf",
    "@embedpdf/fonts-arabic/fonts/NotoNaskhArabic-Bold.ttf",
    "@embedpdf/fonts-jp/fonts/NotoSansJP-Regular.otf",
    "@embedpdf/fonts-jp/fonts/NotoSansJP-Bold.otf",
    "@embedpdf/fonts-sc/fonts/NotoSansHans-Regular.otf",
    "@embedpdf/fonts-sc/fonts/NotoSansHans-Bold.otf",
    "@embedpdf/fonts-tc/fonts/NotoSansHant-Regular.otf",
    "@embedpdf/fonts-kr/fonts/NotoSansKR-Regular.otf",
    "@embedpdf/fonts-kr/fonts/NotoSansKR-Bold.otf",
    "@expo-google-fonts/noto-sans-thai/400Regular/NotoSansThai_400Regular.ttf",
    "@expo-google-fonts/noto-sans-thai/700Bold/NotoSansThai_700Bold.ttf",
    "@expo-google-fonts/noto-sans-mono/400Regular/NotoSansMono_400Regular.ttf",
    "@expo-google-fonts/noto-sans-mono/700Bold/NotoSansMono_700Bold.ttf",
    "@expo-google-fonts/noto-sans-math/400Regular/NotoSansMath_400Regular.ttf",
    "@expo-google-fonts/noto-sans-symbols-2/400Regular/NotoSansSymbols2_400Regular.ttf",
)
_SOURCE_MAP = re.compile(rb"\n?(?:/\*|//)# sourceMappingURL=[^\s*]+(?: ?\*/)?\s*$")
_TEXT = {".css", ".js"}


def copies() -> Iterator[tuple[Path, Path]]:
    """Every file to carry: where it lies in node_modules, and where it goes."""
    for target, source in PAGES.items():
        yield MODULES / source, STATIC / target
    for name in ICONS:
        yield (
            MODULES / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg",
            STATIC / "icons" / f"{name}.svg",
        )
    for font in PRINT_FONTS:
        yield MODULES / font, FONTS / Path(font).name


def carry(source: Path, target: Path) -> None:
    """Copy one file; text without its source-map comment and with its compressed twins."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix not in _TEXT:
        shutil.copyfile(source, target)
        return
    content = _SOURCE_MAP.sub(b"\n", source.read_bytes())
    target.write_bytes(content)
    target.with_name(f"{target.name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    try:
        import brotli
    except ImportError:
        return
    target.with_name(f"{target.name}.br").write_bytes(brotli.compress(content))


def main() -> int:
    """Copy everything; 1 when node_modules lacks a file that the list names."""
    wanted = list(copies())
    missing = [str(source.relative_to(MODULES)) for source, _ in wanted if not source.is_file()]
    if missing:
        print(
            f"node_modules lacks {missing[0]} (and {len(missing) - 1} more); run `npm ci`.", file=sys.stderr
        )
        return 1
    keep = {target for _, target in wanted} | {
        t.with_name(t.name + end) for _, t in wanted for end in (".gz", ".br")
    }
    for folder in (STATIC, FONTS):
        for old in folder.rglob("*") if folder.exists() else ():
            if old.is_file() and old not in keep:
                old.unlink()
    for source, target in wanted:
        carry(source, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The enumerator guides as pages to print: Markdown to HTML, two A4 sheets each. `make guides` writes them."""

from __future__ import annotations

import sys
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDES = sorted((ROOT / "docs" / "enumerators").glob("??.md"))
STYLE = """
@page { size: A4; margin: 14mm 16mm; }
body { font: 10.4pt/1.33 system-ui, 'Noto Sans', sans-serif; max-width: 46em; margin: 0 auto; padding: 0 1em; }
h1 { font-size: 17pt; margin: 0 0 .3em; } h2 { font-size: 12pt; margin: .75em 0 .2em; break-after: avoid; }
p, ul { margin: .3em 0; } ul { padding-left: 1.3em; } li { margin: .12em 0; }
@media print { body { max-width: none; padding: 0; } }
"""


def page(path: Path) -> str:
    """Return the guide as one HTML page that needs nothing else."""
    body = MarkdownIt().render(path.read_text(encoding="utf-8"))
    return (
        f'<!doctype html><html lang="{path.stem}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{path.stem}</title><style>{STYLE}</style></head>'
        f"<body>{body}</body></html>"
    )


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for guide in GUIDES:
        (out / f"{guide.stem}.html").write_text(page(guide), encoding="utf-8")

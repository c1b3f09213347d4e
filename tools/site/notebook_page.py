"""A notebook as a page: its texts, its code and what that showed when it was run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def notebook_page(path: Path) -> str:
    """The page of the notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    pieces: list[str] = []
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            pieces.append(source)
        elif source.strip():
            pieces.append(f"```python\n{source}\n```")
            pieces += [_shown(output) for output in cell["outputs"]]
    return "\n\n".join(pieces) + "\n"


def _shown(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        html = "".join(data["text/html"])
        return f'<div class="shown">{" ".join(html.split())}</div>'
    if "image/png" in data:
        return f'<img alt="" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
    text = "".join(data.get("text/plain", output.get("text", output.get("traceback", []))))
    return f"```text\n{_COLOURS.sub('', text).rstrip()}\n```"

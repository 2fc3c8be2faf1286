"""Check this export: every file against the manifest, every signed text against its digest, the order of the chain."""  # noqa: INP001 -- it goes by itself

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)


def faults() -> Iterator[str]:
    """Every fault, one sentence each."""
    manifest = json.loads((HERE / "manifest.json").read_text("utf-8"))
    for name, digest in manifest["files"].items():
        path = HERE / name
        if not path.is_file():
            yield f"{name}: missing / 缺失"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{name}: changed / 被改动"
    found = {each.relative_to(HERE).as_posix() for each in HERE.rglob("*") if each.is_file()}
    for name in sorted(found - set(manifest["files"]) - {"manifest.json", "manifest.mac", "verify.py"}):
        yield f"{name}: not in the manifest / 清单中没有"
    for notice in json.loads((HERE / "notices.json").read_text("utf-8")):
        path = HERE / (notice["text_file"] or "-")
        if notice["text_file"] and path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != notice["digest"]:
            yield f"{notice['text_file']}: not the signed text / 不是签发文本"
    before = None
    for line in (HERE / "journal.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if before is not None and entry["seq"] <= before["seq"]:
            yield f"journal {entry['seq']}: out of order / 次序有误"
        elif before is not None and entry["seq"] == before["seq"] + 1 and entry["prev"] != before["mac"]:
            yield f"journal {entry['seq']}: does not follow / 前后不接"
        before = entry


FOUND = list(faults())
sys.stdout.write("\n".join(FOUND or ["ok / 核对无误"]) + "\n")
sys.exit(1 if FOUND else 0)

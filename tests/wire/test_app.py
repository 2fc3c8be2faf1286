"""The command line and the settings, as a person in a terminal meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import app
from bot.watch import allowed
from playbooks import content, publish
from store import migrate

ROOT = Path(__file__).parents[2]


def run(*words: str, var: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `app.py` with a clean environment of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env = {**kept, "TOCSIN_VAR": str(var), "PYTHONUTF8": "1", **environ}
    command = [sys.executable, str(ROOT / "app.py"), *words]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_check_names_every_wrong_setting_at_once(tmp_path: Path) -> None:
    """Four faults, one answer, exit 1; the token itself is not in it."""
    answer = run("check", var=tmp_path, SLACK_BOT_TOKEN="not-a-token-9d7f", TOCSIN_PORT="seventy", TOCSIN_LANG="fr")
    assert answer.returncode == 1
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "TOCSIN_PORT", "TOCSIN_LANG", "TOCSIN_PUBLIC_URL"):
        assert name in answer.stderr
    assert "9d7f" not in answer.stdout + answer.stderr


def test_check_masks_what_is_secret(tmp_path: Path) -> None:
    """Sound settings are shown, secrets only as set or not set."""
    secrets = {
        "TOCSIN_JOURNAL_KEY": "canary-key-1",
        "SENTRY_DSN": "https://canary2@localhost/1",
        "TOCSIN_SMTP_URL": "smtp://user:canary3@localhost",
        "TOCSIN_PORTALS": '{"ca.henan": "canary4"}',
    }
    answer = run("check", var=tmp_path, **secrets)
    assert answer.returncode == 0, answer.stderr
    assert "canary" not in answer.stdout + answer.stderr
    assert "TOCSIN_PORT = 8765" in answer.stdout


def test_a_real_slack_is_never_rehearsed(tmp_path: Path) -> None:
    """A moved clock is refused where real people are told."""
    answer = run("check", var=tmp_path, SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1", TOCSIN_CLOCK="x")
    assert answer.returncode == 1
    assert "TOCSIN_CLOCK" in answer.stderr


def test_lint_names_file_line_and_column(tmp_path: Path) -> None:
    """Every fault of a bad plan, in one answer; good plans say nothing."""
    bad = tmp_path / "bad.yaml"
    good = ROOT / "plans" / "library" / "submarine-cable.yaml"
    bad.write_text(good.read_text("utf-8").replace("tier: special", "tier: sepcial", 1), "utf-8")
    assert run("plans", "lint", str(good), var=tmp_path).stdout == ""
    answer = run("plans", "lint", str(good), str(bad), var=tmp_path, TOCSIN_LANG="en")
    assert answer.returncode == 1
    assert answer.stdout.startswith(f"{bad}:")
    assert "did you mean “special”?" in answer.stdout


def test_diff_says_what_changed(tmp_path: Path) -> None:
    """One changed span, one sentence."""
    old = ROOT / "plans" / "library" / "submarine-cable.yaml"
    new = tmp_path / "new.yaml"
    new.write_text(old.read_text("utf-8").replace("due: PT15M", "due: PT10M", 1), "utf-8")
    answer = run("plans", "diff", str(old), str(new), var=tmp_path, TOCSIN_LANG="en")
    assert answer.returncode == 0
    assert len(answer.stdout.splitlines()) == 1
    assert "T01" in answer.stdout


LIBRARY = ROOT / "plans" / "library"


def test_reading_files_waits_for_nothing_else() -> None:
    """`lint` loads no database, no chat, no web server and no scheduler: what is not loaded is not waited for."""
    code = (
        "import sys, app\n"
        f"assert app.main(['plans', 'lint', {str(LIBRARY / 'submarine-cable.yaml')!r}]) == 0\n"
        "print(sorted({'sqlalchemy', 'slack_bolt', 'uvicorn', 'apscheduler', 'sentry_sdk', 'structlog', 'docx',\n"
        "              'jinja2'} & {name.partition('.')[0] for name in sys.modules}))"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.stdout == "[]\n", answer.stdout + answer.stderr


def test_every_file_that_is_no_plan_is_named_at_once(tmp_path: Path) -> None:
    """A file that is missing, one that is no text and one that is no plan: one answer, exit 1."""
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "list.yaml").write_text("- a\n", "utf-8")
    names = [str(tmp_path / name) for name in ("none.yaml", "binary.yaml", "list.yaml")]
    answer = run("plans", "lint", *names, "--lang", "en", var=tmp_path)
    assert answer.returncode == 1
    assert all(f"{name}:1:1: " in answer.stdout for name in names), answer.stdout


def test_lint_reads_a_folder_of_letters(tmp_path: Path) -> None:
    """An operator's own templates: a bomb is refused with its file and line, the house's own pass."""
    letter = tmp_path / "mine" / "cn.so493" / "first" / "zh.txt"
    letter.parent.mkdir(parents=True)
    letter.write_text("好\n{{ 9**9**9 }}", "utf-8")
    assert run("plans", "lint", str(ROOT / "templates" / "notices"), var=tmp_path).returncode == 0
    answer = run("plans", "lint", str(tmp_path / "mine"), "--lang", "en", var=tmp_path)
    assert answer.returncode == 1
    assert answer.stdout.startswith(f"{letter}:2:1: “**” is refused")


def test_diff_speaks_the_language_asked_for(tmp_path: Path) -> None:
    """`--lang` wins over the organisation's language."""
    old, new = LIBRARY / "submarine-cable.yaml", tmp_path / "new.yaml"
    new.write_text(old.read_text("utf-8").replace("due: PT15M", "due: PT10M", 1), "utf-8")
    answer = run("plans", "diff", str(old), str(new), "--lang", "en", var=tmp_path, TOCSIN_LANG="zh")
    assert "is now “after 10 min” instead of “after 15 min”" in answer.stdout
    assert "由“" in run("plans", "diff", str(old), str(new), var=tmp_path, TOCSIN_LANG="zh").stdout


def test_the_schema_is_written_by_its_command(tmp_path: Path) -> None:
    """What is published is what the command writes."""
    answer = run("plans", "schema", var=tmp_path)
    assert answer.stdout == (ROOT / "plans" / "plan.schema.json").read_text("utf-8")


def test_a_document_becomes_a_plan_file(tmp_path: Path) -> None:
    """The file alone on standard output, what is missing beside it; like another plan, it passes lint at once."""
    document, made = tmp_path / "预案.md", tmp_path / "made.yaml"
    document.write_text("# 应急预案\n\n## 一、总则\n适用于全网。\n\n## 二、职责\n甲。\n\n![图](a.png)\n", "utf-8")
    like = str(LIBRARY / "flood-typhoon.yaml")
    answer = run("plans", "import", str(document), "--code", "my-plan", "--like", like, "--lang", "en", var=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "images were not read: 1" in answer.stderr
    assert "Emergency Response Law (2024), art. 28" in answer.stderr
    made.write_text(answer.stdout, "utf-8")
    assert run("plans", "lint", str(made), var=tmp_path).stdout == ""
    blank = run("plans", "import", str(document), "--code", "my-plan", var=tmp_path)
    made.write_text(blank.stdout, "utf-8")
    assert "fill it in." in run("plans", "lint", str(made), "--lang", "en", var=tmp_path).stdout
    refused = run("plans", "import", str(made), "--code", "my-plan", "--lang", "en", var=tmp_path, TOCSIN_LANG="en")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "only .docx, .docm, .md and .txt" in refused.stderr
    assert run("plans", "import", str(document), var=tmp_path).returncode == 2


def test_publish_lays_down_a_draft_and_nothing_more(tmp_path: Path) -> None:
    """It says who reviews and signs; the second time it is the same draft; unseen, nothing is written over."""
    old, new = LIBRARY / "submarine-cable.yaml", tmp_path / "new.yaml"
    new.write_text(old.read_text("utf-8").replace("due: PT15M", "due: PT10M", 1), "utf-8")
    environ = {"TOCSIN_JOURNAL_KEY": "k", "TOCSIN_LANG": "en"}
    assert run("plans", "publish", str(old), var=tmp_path / "v", **environ).returncode == 1, "no database yet"
    assert run("migrate", var=tmp_path / "v", **environ).returncode == 0
    first = run("plans", "publish", str(old), var=tmp_path / "v", **environ)
    assert first.returncode == 0, first.stderr
    lines = first.stdout.splitlines()
    assert lines[0].startswith("submarine-cable · r1 · ")
    assert lines[1].startswith("to be reviewed by one of: ")
    assert lines[2].startswith("to be signed by one of: ")
    assert "陈静" not in lines[1] + lines[2], "the author neither reviews nor signs"
    assert run("plans", "publish", str(old), var=tmp_path / "v", **environ).stdout == first.stdout
    unseen = run("plans", "publish", str(new), var=tmp_path / "v", **environ)
    assert (unseen.returncode, unseen.stdout) == (1, "")
    assert "has a draft already" in unseen.stderr
    seen = run("plans", "publish", str(new), "--revision", "1", var=tmp_path / "v", **environ)
    assert seen.stdout.startswith("submarine-cable · r2 · ")
    late = run("plans", "publish", str(old), "--revision", "1", var=tmp_path / "v", **environ)
    assert "T01" in late.stderr, "what moved is said"
    # No version came of it: nobody reviewed or signed.
    export = run("plans", "export", "submarine-cable", var=tmp_path / "v", **environ)
    assert (export.returncode, export.stdout) == (1, "")
    nobody = run("plans", "publish", str(old), "--by", "nobody", var=tmp_path / "v", **environ)
    assert nobody.returncode == 1


def test_what_is_exported_is_what_stands(tmp_path: Path) -> None:
    """The version in force, as a file that reads back with its digest; by number too; an unknown one is refused."""
    settings = app.Settings(tocsin_var=str(tmp_path), tocsin_journal_key="k")
    database = app.opened(settings)
    migrate.upgrade(database)
    plan = content.read((LIBRARY / "flood-typhoon.yaml").read_text("utf-8"))
    with database.begin() as session:
        publish.start(session, plan, by="tocsin", at=database.now())
    database.close()
    for words in (("flood-typhoon",), ("flood-typhoon", "--version", "1")):
        answer = run("plans", "export", *words, var=tmp_path, TOCSIN_JOURNAL_KEY="k")
        assert content.read(answer.stdout).digest == plan.digest, answer.stderr
    for words in (("flood-typhoon", "--version", "7"), ("no-such-plan",)):
        assert run("plans", "export", *words, var=tmp_path, TOCSIN_JOURNAL_KEY="k").returncode == 1


def test_clocks_answers_a_written_case(tmp_path: Path) -> None:
    """The 2009 rule at level I: oral at once, written after four hours; standard output is only the answer."""
    case = tmp_path / "case.yaml"
    case.write_text(
        "party: basic_operator_province\nevent_class: [network_operation]\nlevel: {cn.telecom2009: I}\n"
        'instants: {occurred_at: "2021-07-20T18:00:00+08:00"}\nnow: "2021-07-20T19:00:00+08:00"\n'
        "regimes: [cn.telecom2009]\n",
        "utf-8",
    )
    answer = run("clocks", str(case), "--json", var=tmp_path)
    assert answer.returncode == 0, answer.stderr
    rows = json.loads(answer.stdout)
    written = [row for row in rows if row["kind"] == "brief_written"]
    assert {row["due_at"] for row in written} == {"2021-07-20T22:00:00+08:00"}
    assert all(row["immediate"] for row in rows if row["kind"] == "oral")


def test_coverage_answers_before_the_house_ever_ran(tmp_path: Path) -> None:
    """Without a database the starter set is answered for, nothing is made on disk, and gaps are no failure."""
    var = tmp_path / "none"
    answer = run("coverage", "--json", var=var)
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert told["counts"]["cells"] == len(told["cells"]) > 100
    assert told["counts"]["covered"] == 0, "nobody has signed a starter plan"
    assert all(cell["owner"] == "chen.jing" and cell["due_at"] for cell in told["cells"])
    assert {"equipment", "posts", "sites"} == {each["register"] for each in told["lists"]}
    assert not var.exists()


def test_coverage_reads_the_house_that_stands(tmp_path: Path) -> None:
    """A database that was migrated and holds nothing has no cells; as a table, as words, and as a picture."""
    assert run("migrate", var=tmp_path).returncode == 0
    words = run("coverage", "--lang", "en", var=tmp_path)
    assert (words.returncode, words.stderr) == (0, "")
    assert words.stdout == "0 cells (scenario × unit), 0 covered, 0 gaps\n"
    assert run("coverage", "--csv", var=tmp_path).stdout.startswith("scenario,scenario_zh,scenario_en,unit,")
    picture = tmp_path / "c.png"
    assert run("coverage", "--png", str(picture), var=tmp_path).stdout == ""
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_coverage_is_refused_where_the_database_is_another_version(tmp_path: Path) -> None:
    """A database that was never migrated is named, with what to do; two shapes at once are a matter of usage."""
    (tmp_path / "tocsin.db").touch()
    answer = run("coverage", "--json", var=tmp_path, TOCSIN_LANG="en")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "app.py migrate" in answer.stderr
    assert run("coverage", "--json", "--csv", var=tmp_path).returncode == 2


def test_usage_is_exit_two(tmp_path: Path) -> None:
    """A word that is no command is a matter of usage."""
    assert run("nonsense", var=tmp_path).returncode == 2


def test_migrate_backup_restore_and_verify(tmp_path: Path) -> None:
    """The four commands an administrator has, one after the other, without a token or a network."""
    old, new = tmp_path / "old", tmp_path / "new"
    key = {"TOCSIN_JOURNAL_KEY": "k"}
    assert run("migrate", var=old, **key).returncode == 0
    assert run("backup", str(tmp_path / "b.gz"), var=old, **key).returncode == 0
    assert run("restore", str(tmp_path / "b.gz"), var=new, **key).returncode == 0
    answer = run("journal", "verify", var=new, **key)
    assert (answer.returncode, answer.stdout) == (0, "ok: 0 entries\n")


def test_a_fault_that_leaves_names_nobody() -> None:
    """Whatever Sentry was given, only types, modules, functions and lines leave."""
    event = {
        "event_id": "1",
        "message": "canary",
        "user": {"id": "canary"},
        "request": {"data": "canary"},
        "breadcrumbs": {"values": ["canary"]},
        "extra": {"canary": 1},
        "server_name": "canary",
        "tags": {"canary": 1},
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": "canary 138-5550-0001",
                    "module": "builtins",
                    "stacktrace": {
                        "frames": [
                            {"module": "bot.door", "function": "_act", "lineno": 7, "vars": {"t": "canary"},
                             "abs_path": "/canary", "context_line": "canary"}
                        ]
                    },
                }
            ]
        },
    }  # fmt: skip
    kept = allowed(event, None)
    assert "canary" not in json.dumps(kept)
    assert kept["exception"]["values"][0]["type"] == "ValueError"
    assert kept["exception"]["values"][0]["stacktrace"]["frames"][0]["lineno"] == 7


@pytest.mark.parametrize("line", ["TOCSIN_LANG=en", "TOCSIN_LANG = 'en'", '# a comment\nTOCSIN_LANG="en"'])
def test_dotenv_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """`.env` fills in what the environment does not say."""
    (tmp_path / ".env").write_text(line, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOCSIN_LANG", raising=False)
    assert app.environment()["TOCSIN_LANG"] == "en"
    monkeypatch.setenv("TOCSIN_LANG", "zh")
    assert app.environment()["TOCSIN_LANG"] == "zh"


def test_what_falls_due_is_told_as_text_and_as_a_calendar(tmp_path: Path) -> None:
    """A house that was never brought to this version is refused in a sentence; a fresh one has nothing due."""
    refused = run("plans", "due", var=tmp_path)
    assert refused.returncode == 1
    assert "app.py migrate" in refused.stderr
    assert run("migrate", var=tmp_path).returncode == 0
    answer = run("plans", "due", "--lang", "en", var=tmp_path)
    assert (answer.returncode, answer.stdout) == (0, "")
    calendar = run("plans", "due", "--ical", var=tmp_path)
    assert calendar.returncode == 0
    assert calendar.stdout.startswith("BEGIN:VCALENDAR")
    assert "VEVENT" not in calendar.stdout


def test_a_plan_and_a_card_are_printed(tmp_path: Path) -> None:
    """`plans print` writes a PDF of what is in force, of what a house would begin with where none ran yet."""
    to = tmp_path / "card.pdf"
    answer = run("plans", "print", "cable-cut", "--role", "总指挥", "--lang", "zh", str(to), var=tmp_path / "v")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("cable-cut v1 · ")
    assert to.read_bytes().startswith(b"%PDF-")
    assert not (tmp_path / "v" / "tocsin.db").exists(), "asking makes nothing"
    unknown = run("plans", "print", "cable-cut", "--role", "nobody", str(to), var=tmp_path / "v", TOCSIN_LANG="en")
    assert (unknown.returncode, "commander" in unknown.stderr) == (1, True)

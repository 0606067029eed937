"""Keeps the catalogues in step with the texts: `make translations`.

Texts are written in Traditional Chinese where they are used. In templates they stand in
`_()`; in Python every Chinese text is one that somebody reads, whoever shows it translates it.
"""

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "ja")
CHINESE = re.compile("[\u4e00-\u9fff]")
PLACE = re.compile(r"%\((\w+)\)s")
OWN_LANGUAGES = {  # these hold every language themselves, or what they hold is no text of ours
    "bot/messages/fault_texts.py",
    "bot/messages/previews.py",
    "bot/rules/keywords/folding.py",
    "bot/rules/quizzes/understanding.py",
    "bot/rules/quizzes/values.py",
    "bot/rules/tag_columns.py",
    "bot/services/checkups.py",
    "handlers/admin/quiz_samples.py",  # content in the language of the brand's friends
    "handlers/languages.py",
}
WRITTEN = datetime(2026, 11, 20, tzinfo=UTC)  # fixed, so that nothing changes where no text does
DEMO = "bot/services/demo"  # a brand that speaks Chinese


def texts() -> set[str]:
    """Return every text of the program that is shown to somebody."""
    found: set[str] = set()
    for folder in ("bot", "handlers"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            if name not in OWN_LANGUAGES and not name.startswith(DEMO):
                found.update(_literals(file))
        for file in sorted((ROOT / folder).rglob("templates/**/*.html")):
            found.update(_in_template(file))
    return found


def read(language: str) -> Catalog:
    """Return one catalogue; an empty one where there is none yet."""
    file = _file(language, "po")
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def update(language: str) -> list[str]:
    """Write catalogue and compiled catalogue with exactly the texts there are; return what has no translation."""
    before = {message.id: message.string for message in read(language) if message.id}
    after = Catalog(
        locale=language,
        header_comment=f"# Yanglai in {language}. Texts come and go with `make translations`.",
        project="Yanglai",
        version="1",
        creation_date=WRITTEN,
        revision_date=WRITTEN,
        last_translator="",
        language_team="",
        msgid_bugs_address="",
        fuzzy=False,
        charset="utf-8",
    )
    for text in sorted(texts()):
        after.add(text, before.get(text, ""), flags=["python-format"] if PLACE.search(text) else [])
    _file(language, "po").parent.mkdir(parents=True, exist_ok=True)
    with _file(language, "po").open("wb") as opened:
        write_po(opened, after, omit_header=False, width=0)
    with _file(language, "mo").open("wb") as opened:
        write_mo(opened, after)
    return [str(message.id) for message in after if message.id and not message.string]


def _file(language: str, kind: str) -> Path:
    return ROOT / "translations" / language / "LC_MESSAGES" / f"messages.{kind}"


def _literals(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in docstrings:
            continue
        if isinstance(node.value, str) and CHINESE.search(node.value):
            yield node.value


def _in_template(file: Path) -> Iterator[str]:
    with file.open("rb") as opened:
        for _, message, _, _ in extract("jinja2", opened, options={"encoding": "utf-8"}):
            yield message if isinstance(message, str) else message[0]


def main() -> int:
    """Update every catalogue; 1 if something is not translated yet."""
    missing = {language: update(language) for language in LANGUAGES}
    for language, untranslated in missing.items():
        for text in untranslated:
            sys.stderr.write(f"{language}: {text}\n")
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

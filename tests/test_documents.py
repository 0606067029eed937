"""What stands in the documents is what the program has."""

import re
from pathlib import Path

import pytest
import yaml
from flask import Flask

from bot.settings import Settings
from handlers import commands

HOUSE = Path(__file__).resolve().parents[1]
README = (HOUSE / "README.md").read_text(encoding="utf-8")
EXAMPLE = (HOUSE / ".env.example").read_text(encoding="utf-8")
SETTINGS = [name.upper() for name in Settings.model_fields]


def the_commands() -> list[str]:
    app = Flask(__name__)
    app.register_blueprint(commands.blueprint)
    return sorted(set(app.cli.commands) - {"run", "shell", "routes"})


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_explained(name: str) -> None:
    assert f"`{name}`" in README
    assert re.search(rf"^#?{name}=", EXAMPLE, re.MULTILINE)


def test_the_example_names_no_setting_that_the_program_does_not_know() -> None:
    assert set(re.findall(r"^#?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE)) <= set(SETTINGS)


@pytest.mark.parametrize("field", [name for name, field in Settings.model_fields.items() if not field.is_required()])
def test_the_example_shows_the_default_of_what_may_be_left_out(field: str) -> None:
    default = Settings.model_fields[field].default
    assert f"#{field.upper()}={'' if default is None else default}" in EXAMPLE.splitlines()


@pytest.mark.parametrize("name", the_commands())
def test_every_command_is_explained(name: str) -> None:
    assert re.search(rf"^\| `{re.escape(name)}[ `]", README, re.MULTILINE)


def test_compose_runs_every_process_of_the_program_after_the_migration() -> None:
    services = yaml.safe_load((HOUSE / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name in ("web", "jobs"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert {"database", "migrate", "web", "jobs", "https"} <= set(services)


def test_requirement_files_carry_hashes_and_no_address_of_an_index() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        content = (HOUSE / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in content
        assert "://" not in content

"""docker-compose.yaml judged without starting anything: secrets, health, restarts, ports, and the variables it asks for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?P<rest>[^}]*)\}")
SECRET = re.compile(r"PASSWORD|SECRET|FERNET|AUTH$|TOKEN")
ONE_SHOT = {"init"}

named = pytest.mark.parametrize("name", SERVICES)


def strings(node: Any, path: str = "") -> list[tuple[str, str]]:
    """Every scalar of the file with the path to it."""
    if isinstance(node, dict):
        return [found for key, value in node.items() for found in strings(value, f"{path}/{key}")]
    if isinstance(node, list):
        return [found for index, value in enumerate(node) for found in strings(value, f"{path}/{index}")]
    return [(path, str(node))]


def test_the_stack_has_the_services_we_promise() -> None:
    airflow = {"init", "api-server", "scheduler", "dag-processor", "triggerer", "watch", "worker"}
    assert set(SERVICES) == airflow | {"postgres", "redis", "mailpit"}
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["mailpit"]


@named
def test_every_service_restarts_and_tells_its_health(name: str) -> None:
    service = SERVICES[name]
    if name in ONE_SHOT:
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
        assert service["healthcheck"]["retries"] >= 3


@named
def test_nothing_waits_for_a_service_without_a_condition(name: str) -> None:
    for other, wanted in SERVICES[name].get("depends_on", {}).items():
        assert wanted["condition"] == ("service_completed_successfully" if other in ONE_SHOT else "service_healthy")


@named
def test_ports_are_open_on_this_host_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_only_the_console_and_the_mail_catcher_have_a_port() -> None:
    assert {name for name, service in SERVICES.items() if service.get("ports")} == {"api-server", "mailpit"}


@named
def test_no_service_asks_for_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert not {"privileged", "ulimits", "network_mode", "pid", "cap_add", "container_name"} & set(service)
    if service["image"].startswith("kybaocao"):
        assert service["cap_drop"] == ["ALL"]


def test_no_secret_stands_in_the_file() -> None:
    """A secret is a ${VARIABLE} alone; a password within a URL is one too."""
    secrets = [(path, value) for path, value in strings(COMPOSE) if SECRET.search(path.split("/")[-1])]
    assert len(secrets) >= 5
    for path, value in secrets:
        if path.endswith("_PASSWORDS_FILE"):
            continue
        assert VARIABLE.fullmatch(value), path
    passwords = re.findall(r"://[^:/@\s]*:([^@\s]+)@", TEXT)
    assert len(passwords) >= 4
    assert all(VARIABLE.fullmatch(password) for password in passwords)
    assert re.search(r'"password": "\$\{SMTP_PASSWORD:-\}"', TEXT)


def test_a_secret_has_no_default_and_its_absence_is_explained_in_vietnamese() -> None:
    required = {m["name"]: m["rest"] for m in VARIABLE.finditer(TEXT) if m["rest"].startswith(":?")}
    assert {name for name in EXAMPLE if SECRET.search(name)} - {"SMTP_PASSWORD"} <= set(required)
    assert {"SMTP_HOST", "SMTP_FROM"} <= set(required)
    assert all(rest.startswith(":?thiếu ") and ".env.example" in rest for rest in required.values())
    for match in VARIABLE.finditer(TEXT):
        if SECRET.search(match["name"]):
            assert match["rest"] in ("", ":-") or match["rest"].startswith(":?"), match[0]


def test_every_variable_is_in_the_example_and_the_other_way_round() -> None:
    asked = {match["name"] for match in VARIABLE.finditer(TEXT)}
    assert len(asked) > 15
    assert asked == set(EXAMPLE)


def test_the_example_holds_no_secret_and_the_defaults_of_the_file() -> None:
    assert all(value == "" for name, value in EXAMPLE.items() if SECRET.search(name))
    for match in VARIABLE.finditer(TEXT):
        if match["rest"].startswith(":-") and EXAMPLE[match["name"]]:
            assert match["rest"] == f":-{EXAMPLE[match['name']]}", match["name"]


def test_the_example_explains_every_variable_and_how_to_make_each_secret() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        name = line.split("=")[0]
        if name in EXAMPLE and not (number and lines[number - 1].split("=")[0] in EXAMPLE):
            assert lines[number - 1].startswith("#"), f"{name} has no comment"
        if name in EXAMPLE and SECRET.search(name) and name != "SMTP_PASSWORD":
            assert lines[number - 1].startswith("#   openssl rand"), f"{name} has no command"


def test_every_airflow_component_sees_the_same_settings_and_data() -> None:
    airflow = {name: service for name, service in SERVICES.items() if service["image"].startswith("kybaocao")}
    assert len(airflow) == 7
    shared = COMPOSE["x-airflow"]["environment"]
    for service in airflow.values():
        assert shared.items() <= service["environment"].items()
        assert "${KYBAOCAO_DATA:-data}:/data" in service["volumes"]
    holders = {name for name, service in airflow.items() if any("/auth" in volume for volume in service["volumes"])}
    assert holders == {"init", "api-server"}


def config(**without: str) -> subprocess.CompletedProcess[str]:
    """`docker compose config -q` with every required variable set, but for those named."""
    command = next((c for c in (["docker", "compose"], ["docker-compose"]) if speaks_compose(c)), None)
    if command is None:
        pytest.skip("Docker Compose 2.24 or newer is not on this machine")
    values = (
        {name: value or "x1" for name, value in EXAMPLE.items()}
        | {"KYBAOCAO_DATA": "", "KYBAOCAO_CONFIG": ""}
        | without
    )
    return subprocess.run(
        [*command, "--env-file", os.devnull, "-f", str(ROOT / "docker-compose.yaml"), "--profile", "*", "config", "-q"],
        env={**os.environ, **values},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def speaks_compose(command: list[str]) -> bool:
    if not shutil.which(command[0]):
        return False
    version = subprocess.run([*command, "version", "--short"], check=False, capture_output=True, text=True)
    parts = re.match(r"v?(\d+)\.(\d+)", version.stdout.strip())
    return version.returncode == 0 and parts is not None and (int(parts[1]), int(parts[2])) >= (2, 24)


def test_compose_accepts_the_file() -> None:
    done = config()
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", sorted({m["name"] for m in VARIABLE.finditer(TEXT) if m["rest"].startswith(":?")}))
def test_compose_refuses_to_go_on_without(name: str) -> None:
    done = config(**{name: ""})
    assert done.returncode != 0
    assert f"required variable {name} is missing a value: thiếu" in done.stderr

"""docker-compose.yaml judged without starting anything.

Rights, secrets, networks, health, restarts, ports, and the variables it asks for. What is said here of every service
holds for those that come later, too.
"""

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
SECRETS: dict[str, Any] = COMPOSE["secrets"]
AIRFLOW = {name: service for name, service in SERVICES.items() if service["image"].startswith("kybaocao")}
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?P<rest>[^}]*)\}")
SECRET = re.compile(r"PASSWORD|SECRET_KEY|JWT_SECRET|FERNET|AUTH$|TOKEN")
READS_FILE = re.compile(r"(_FILE|_CMD)$")  # settings that name where a secret stands
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
    assert set(AIRFLOW) == {"init", "api-server", "scheduler", "dag-processor", "triggerer", "watch", "worker"}
    assert set(SERVICES) == {*AIRFLOW, "postgres", "redis", "mailpit"}
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


# --- rights -------------------------------------------------------------------------------------------------------


@named
def test_no_service_asks_for_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    wider = {"privileged", "ulimits", "network_mode", "pid", "ipc", "cap_add", "devices", "container_name"}
    assert not wider & set(service)
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert 0 < service["pids_limit"] <= 2048
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))


@named
def test_the_root_is_read_only_and_what_is_written_is_memory_or_a_volume(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert all("size=" in place for place in service["tmpfs"])
    assert any(place.startswith("/tmp:") for place in service["tmpfs"])


def test_no_server_with_an_official_image_runs_as_root() -> None:
    """Ours runs as 50000 by its Dockerfile; the mail catcher is for trying out."""
    for name in ("postgres", "redis"):
        assert SERVICES[name]["user"] not in ("root", "0")
    users = re.findall(r"^USER (\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users[-1] == "50000"


# --- networks -----------------------------------------------------------------------------------------------------


@named
def test_a_service_names_its_networks(name: str) -> None:
    """One without would join the default network, which is open."""
    assert SERVICES[name]["networks"]
    assert "default" not in COMPOSE["networks"]


def test_only_web_and_mail_lead_out() -> None:
    out = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    assert out == {"web", "mail"}


@pytest.mark.parametrize(
    ("network", "services"),
    [
        ("web", {"api-server"}),
        ("database", {"postgres", *AIRFLOW}),
        ("queue", {"redis", "scheduler", "watch", "worker"}),
        ("mail", {"mailpit", "dag-processor", "watch", "worker"}),
    ],
)
def test_who_reaches_what(network: str, services: set[str]) -> None:
    assert {name for name, service in SERVICES.items() if network in service["networks"]} == services


def test_the_watch_asks_the_queue_without_a_password_for_it() -> None:
    """Who has it gives tasks to the workers; the watch must only say whether the queue answers."""
    watch = SERVICES["watch"]
    assert watch["environment"]["AIRFLOW__CELERY__BROKER_URL"] == "redis://redis:6379/0"
    assert "redis_password" not in watch["secrets"]


# --- secrets ------------------------------------------------------------------------------------------------------


def test_no_secret_stands_in_the_file_or_in_an_environment() -> None:
    """Each is a file that Docker mounts; settings name the file, or the command that reads it."""
    found = [(path, value) for path, value in strings(SERVICES) if SECRET.search(path.split("/")[-1])]
    assert len(found) >= 10
    for path, value in found:
        assert READS_FILE.search(path) and "/run/secrets/" in value, path
    assert re.findall(r"://[^:/@\s]*:([^@\s&$]+)@", TEXT) == []
    assert '"password"' not in TEXT
    assert not any(SECRET.search(match["name"]) for match in VARIABLE.finditer(TEXT))


def test_every_secret_is_a_file_of_one_folder() -> None:
    for name, secret in SECRETS.items():
        assert secret == {"file": f"${{KYBAOCAO_SECRETS:-./secrets}}/{name}"}


@named
def test_a_service_reads_the_secrets_it_is_given_and_is_given_those_it_reads(name: str) -> None:
    service = SERVICES[name]
    own = {key: service[key] for key in ("environment", "command", "healthcheck") if key in service}
    said = " ".join(value for _, value in strings(own))
    named_in_command = {one for one in SECRETS if re.search(rf"\b{one}\b", said)}
    assert named_in_command == set(service.get("secrets", []))


@pytest.mark.parametrize(
    ("secret", "services"),
    [
        ("postgres_password", {"postgres", "init"}),
        ("admin_password", {"init"}),
        ("airflow_jwt_secret", {"api-server", "scheduler"}),
        ("redis_password", {"redis", "scheduler", "worker"}),
        ("smtp_password", {"dag-processor", "watch", "worker"}),
    ],
)
def test_who_holds_a_secret(secret: str, services: set[str]) -> None:
    assert {name for name, service in SERVICES.items() if secret in service.get("secrets", [])} == services


@named
def test_only_init_logs_in_as_the_owner_of_the_tables(name: str) -> None:
    addresses = [value for _, value in strings(SERVICES[name].get("environment", {})) if "postgresql+" in value]
    roles = {role for value in addresses for role in re.findall(r"psycopg2://(\w+)", value)}
    assert roles <= ({"airflow"} if name in ONE_SHOT else {"airflow_run", "kybaocao_run"})


def test_the_script_makes_every_secret_and_keeps_what_is_there(tmp_path: Path) -> None:
    """And takes over what an .env of an earlier version holds."""
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=cu\nSMTP_PASSWORD=thu\n")
    run = [str(ROOT / "docs" / "mau" / "tao-bi-mat.sh")]
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "secrets"
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(first) == set(SECRETS)
    assert (first["postgres_password"], first["smtp_password"]) == ("cu", "thu")
    assert all(re.fullmatch(r"[\w=-]+", value) for value in first.values())
    assert folder.stat().st_mode & 0o777 == 0o700
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == first


# --- variables ----------------------------------------------------------------------------------------------------


def test_the_absence_of_a_setting_is_explained_in_vietnamese() -> None:
    required = {m["name"]: m["rest"] for m in VARIABLE.finditer(TEXT) if m["rest"].startswith(":?")}
    assert {"SMTP_HOST", "SMTP_FROM"} <= set(required)
    assert all(rest.startswith(":?thiếu ") and ".env.example" in rest for rest in required.values())


def test_every_variable_is_in_the_example_and_the_other_way_round() -> None:
    asked = {match["name"] for match in VARIABLE.finditer(TEXT)}
    assert len(asked) > 15
    assert asked == set(EXAMPLE)


def test_the_example_holds_no_secret_and_the_defaults_of_the_file() -> None:
    assert not any(SECRET.search(name) for name in EXAMPLE)
    for match in VARIABLE.finditer(TEXT):
        if match["rest"].startswith(":-") and EXAMPLE[match["name"]]:
            assert match["rest"] == f":-{EXAMPLE[match['name']]}", match["name"]


def test_the_example_explains_every_variable() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        name = line.split("=")[0]
        if name in EXAMPLE and not (number and lines[number - 1].split("=")[0] in EXAMPLE):
            assert lines[number - 1].startswith("#"), f"{name} has no comment"


@named
def test_a_base_image_can_be_named_by_its_digest(name: str) -> None:
    """Every image, and that which ours is built from, comes from a variable."""
    service = SERVICES[name]
    if name in AIRFLOW:
        assert VARIABLE.match(service["build"]["args"]["AIRFLOW_IMAGE"])
    else:
        assert VARIABLE.fullmatch(service["image"])


def test_every_requirement_has_its_hashes() -> None:
    for file in ("requirements.txt", "requirements-dev.txt"):
        entries = re.split(r"\n(?=\S)", (ROOT / file).read_text().strip())
        assert len(entries) > 150
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "--require-hashes" in (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in (ROOT / "Makefile").read_text()


def test_every_airflow_component_sees_the_same_settings_and_data() -> None:
    shared = COMPOSE["x-environment"]
    for service in AIRFLOW.values():
        assert shared.items() <= service["environment"].items()
        assert "${KYBAOCAO_DATA:-data}:/data" in service["volumes"]


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

"""What can be checked of the containers without a Docker engine: watched, unprivileged, secrets in files."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
every_service = pytest.mark.parametrize("name", SERVICES)


def test_the_whole_house_is_there() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "web", "worker", "beat", "backup", "proxy"}


@every_service
def test_is_watched_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    if name == "migrate":  # runs once, to its end
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]


@every_service
def test_runs_without_rights(name: str) -> None:
    service = SERVICES[name]
    uid = int(service["user"].split(":")[0])
    assert uid != 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["logging"]["options"]["max-size"]


@every_service
def test_secrets_are_files(name: str) -> None:
    service = SERVICES[name]
    assert "env_file" not in service
    for variable, value in service.get("environment", {}).items():
        if re.search("PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL|REDIS_URL", variable):
            assert variable.endswith("_FILE")
            assert value.removeprefix("/run/secrets/") in service["secrets"]
        assert "://" not in str(value).replace("https://", "")
    for secret in service.get("secrets", []):
        assert COMPOSE["secrets"][secret]["file"].startswith("deploy/secrets/")


def test_the_owner_of_the_database_works_in_migrations_only() -> None:
    assert [name for name, service in SERVICES.items() if "owner_database_url" in service.get("secrets", [])] == ["migrate"]
    migrate = SERVICES["migrate"]
    assert migrate["environment"]["DATABASE_URL_FILE"].endswith("/owner_database_url")
    assert migrate["environment"]["SIRA_APP_DATABASE_URL_FILE"].endswith("/database_url")
    assert migrate["command"][-1].endswith("manage.py app_role")
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["environment"]["DATABASE_URL_FILE"] == "/run/secrets/database_url"
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_the_backup_copies_and_reads_no_table() -> None:
    """A role of its own (`manage.py app_role`), the files read-only, on a disk that the installation names."""
    service = SERVICES["backup"]
    assert service["environment"]["DATABASE_URL_FILE"] == SERVICES["migrate"]["environment"]["SIRA_BACKUP_DATABASE_URL_FILE"]
    assert service["command"] == ["python", "manage.py", "backup", "/backup", "--follow"]
    assert "files:/data:ro" in service["volumes"]
    assert [volume for volume in service["volumes"] if volume.startswith("${SIRA_BACKUPS:?")]
    rules = [line.split() for line in (ROOT / "deploy" / "pg_hba.conf").read_text().splitlines() if line and not line.startswith("#")]
    assert all(rule[-1] == "scram-sha-256" for rule in rules)
    assert {tuple(rule[:4]) for rule in rules if rule[1] == "replication"} == {
        ("host", "replication", "sira_backup", "samenet"),
        ("hostssl", "replication", "sira_backup", "all"),
    }


def test_the_two_machines() -> None:
    """What each adds to docker-compose.yml: the first one a private address over TLS, the second a copy that follows; neither loosens a setting."""
    added = {name: yaml.safe_load((ROOT / "deploy" / f"{name}.yml").read_text())["services"] for name in ("primary", "replica")}
    assert [set(services) for services in added.values()] == [{"postgres"}, {"postgres"}]
    first, second = added["primary"]["postgres"], added["replica"]["postgres"]
    assert set(SERVICES["postgres"]["command"]) <= set(first["command"])
    assert "-cssl=on" in first["command"]
    assert first["ports"][0].startswith("${SIRA_REPLICATION_ADDRESS:?")
    assert "ports" not in second
    for words in ("--write-recovery-conf", "application_name=sira_replica", "-clog_error_verbosity=terse", "-clog_min_error_statement=panic"):
        assert words in second["command"][0]


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"]
    assert all("outside" not in service["networks"] for name, service in SERVICES.items() if name != "proxy")
    assert not set(SERVICES["proxy"]["networks"]) & set(SERVICES["postgres"]["networks"])


def test_redis_keeps_what_it_is_told() -> None:
    command = SERVICES["redis"]["command"]
    flags = dict(zip(command[2::2], command[3::2], strict=True))
    assert flags["--appendonly"] == "yes"
    assert flags["--maxmemory-policy"] == "noeviction"
    assert any(volume.endswith(":/data") for volume in SERVICES["redis"]["volumes"])


def test_nothing_serves_before_the_database_is_migrated() -> None:
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_the_servers_are_of_the_same_major_version_everywhere() -> None:
    embedded = (ROOT / "config" / "embedded.py").read_text()
    assert f'POSTGRES_MAJOR = "{SERVICES["postgres"]["image"].split(":")[1].split("-")[0]}"' in embedded


def test_the_image_is_unprivileged_checked_and_exact() -> None:
    app, proxy = (stage.split("\nFROM ")[0] for stage in DOCKERFILE.split(" AS app\n")[1].split(" AS proxy\n"))
    assert "USER 10001:10001" in app
    assert "/healthz" in app
    assert "HEALTHCHECK" in app
    assert "USER 10002" in proxy
    assert "--require-hashes" in DOCKERFILE
    assert "requirements-dev" not in DOCKERFILE
    assert DOCKERFILE.rstrip().endswith("FROM app")


def test_the_image_holds_every_app_and_no_secret() -> None:
    allowed = (ROOT / ".dockerignore").read_text().split()
    assert allowed[0] == "**"
    apps = {path.parent.name for path in ROOT.glob("[a-z]*/apps.py")} | {"config", "templates", "static"}
    assert {f"!{app}/" for app in apps} <= set(allowed)
    assert not any("secrets" in line or ".env" in line for line in allowed)


def test_the_proxy_replaces_what_a_client_claims_about_itself() -> None:
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()
    assert "header_up X-Forwarded-For {remote_host}" in caddyfile
    assert "header_up X-Forwarded-Proto https" in caddyfile
    assert "admin off" in caddyfile

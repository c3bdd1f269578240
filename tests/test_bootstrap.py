"""Set-up from nothing: the virtual environment, its locked packages, and the lock files."""

import base64
import hashlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from itertools import chain, pairwise
from pathlib import Path

import pytest

from config import bootstrap
from config.bootstrap import SETS, Environment, SetUpError, pinned_requirement

ROOT = Path(__file__).resolve().parents[1]


def make_wheel(folder: Path, name: str) -> str:
    """Write the smallest wheel there is; return its pin with its hash."""
    path = folder / f"{name}-1-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
    files = {
        f"{name}.py": f"NAME = '{name}'\n",
        f"{name}-1.dist-info/METADATA": metadata,
        f"{name}-1.dist-info/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = "".join(f"{file},{record_hash(text)},{len(text)}\n" for file, text in files.items())
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
        wheel.writestr(f"{name}-1.dist-info/RECORD", f"{record}{name}-1.dist-info/RECORD,,\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}==1 \\\n    --hash=sha256:{digest}\n"


def record_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment still to be made, its lock files, and wheels that need no network."""
    wheels, requirements = tmp_path / "wheels", tmp_path / "requirements"
    wheels.mkdir()
    requirements.mkdir()
    pins = ""
    for name in SETS:
        pins += make_wheel(wheels, f"of_{name}")
        (requirements / f"{name}.txt").write_text(pins)
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    # uv from the environment that runs the tests: it makes and fills one in a moment.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    return Environment(tmp_path / ".venv", requirements)


def installed(environment: Environment) -> set[str]:
    site = next(environment.venv.glob("lib/python*/site-packages"))
    return {path.stem for path in site.glob("of_*.py")}


class TestEnvironment:
    def test_set_is_installed_from_nothing_with_its_hashes(self, environment):
        environment.provide("demo")

        assert installed(environment) == {"of_production", "of_demo"}
        assert bootstrap.runs(environment.python)

    def test_second_run_installs_nothing(self, environment, monkeypatch):
        environment.provide("demo")
        monkeypatch.setattr(Environment, "_install", _must_not_happen)

        environment.provide("demo")

        assert environment.satisfies("demo")
        assert not environment.satisfies("test")

    def test_smaller_set_over_a_larger_one_changes_nothing(self, environment, monkeypatch):
        environment.provide("test")
        monkeypatch.setattr(Environment, "_install", _must_not_happen)

        environment.provide("demo")
        environment.provide("test")

        assert installed(environment) == {"of_production", "of_demo", "of_test"}

    def test_larger_set_keeps_what_is_there(self, environment):
        environment.provide("demo")
        environment.provide("dev")

        assert installed(environment) == {f"of_{name}" for name in SETS}
        assert all(environment.satisfies(name) for name in SETS)

    def test_changed_lock_file_is_installed_and_its_predecessor_forgotten(self, environment):
        lock = environment.lock_file("demo")
        before = lock.read_text()
        environment.provide("demo")
        lock.write_text(environment.lock_file("test").read_text())
        environment.provide("demo")
        lock.write_text(before)

        assert installed(environment) == {"of_production", "of_demo", "of_test"}
        assert not environment.satisfies("demo")

    @pytest.mark.parametrize("digest", ["", " \\\n    --hash=sha256:" + "0" * 64])
    def test_missing_or_wrong_hash_is_refused_by_uv_and_by_pip(self, environment, digest):
        lock = environment.lock_file("production")
        lock.write_text(f"of_production==1{digest}\n")

        with pytest.raises(SetUpError):
            environment.provide("production")

        assert installed(environment) == set()
        assert not environment.satisfies("production")

    def test_interpreter_that_does_not_start_is_replaced(self, environment):
        environment.provide("production")
        environment.python.unlink()
        environment.python.write_text("#!/bin/sh\necho 'python: command not found' >&2\nexit 127\n")
        environment.python.chmod(0o755)

        environment.provide("production")

        assert bootstrap.runs(environment.python)
        assert installed(environment) == {"of_production"}


def _must_not_happen(*arguments: object) -> None:
    raise AssertionError(arguments)


class TestCommandLine:
    def test_old_python_is_refused_in_one_line(self, monkeypatch, capsys):
        monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 14))
        monkeypatch.setattr(bootstrap.sys, "version", "3.10.14 (main)")

        assert bootstrap.main(["demo"]) == 1
        assert capsys.readouterr().err == "Python 3.11 or newer is needed; this is 3.10.14.\n"

    @pytest.mark.parametrize("arguments", [[], ["everything"], ["demo", "test"]])
    def test_wrong_call_is_2_and_shows_the_sets(self, arguments, capsys):
        assert bootstrap.main(arguments) == 2
        assert capsys.readouterr().err == "usage: bootstrap.py production|demo|test|dev\n"

    def test_python_that_cannot_make_environments_is_told_what_is_missing(
        self, environment, monkeypatch
    ):
        monkeypatch.setattr(bootstrap, "succeeds", lambda _: False)

        with pytest.raises(SetUpError, match=r"python3-venv\) or uv, then try again\.$"):
            environment.provide("demo")

    def test_make_passes_over_interpreters_that_lie_or_are_old(self, tmp_path):
        project, path = tmp_path / "project", tmp_path / "bin"
        (project / "config").mkdir(parents=True)
        path.mkdir()
        (project / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
        (project / "config" / "bootstrap.py").write_text("import sys; print(sys.argv)\n")
        scripts = {
            "python3": "exit 127",
            "python3.14": "exit 1",
            "python3.13": f'exec {sys.executable} "$@"',
        }
        for name, line in scripts.items():
            (path / name).write_text(f"#!/bin/sh\n{line}\n")
            (path / name).chmod(0o755)

        done = subprocess.run(
            ["make", "--no-print-directory", "-C", project, "setup"],
            env={"PATH": f"{path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.stdout == "['config/bootstrap.py', 'dev']\n", done.stderr


def pins(chosen: str) -> set[str]:
    """`name==version` of every package in one lock file."""
    text = (ROOT / "requirements" / f"{chosen}.txt").read_text()
    return set(re.findall(r"^[\w.-]+(?:\[[a-z,]+\])?==\S+", text, re.MULTILINE))


class TestLockFiles:
    @pytest.fixture(params=SETS)
    def lock(self, request: pytest.FixtureRequest) -> str:
        return (ROOT / "requirements" / f"{request.param}.txt").read_text()

    def test_every_package_is_pinned_with_hashes_and_nothing_else_is_said(self, lock):
        pin = r"[a-z0-9][a-z0-9._-]*(?:\[[a-z,]+\])?==[0-9][\w.+!-]*(?: ; [a-z_]+ [^\\/:@]+)? \\\n"
        digests = r"(?:    --hash=sha256:[0-9a-f]{64} \\\n)*    --hash=sha256:[0-9a-f]{64}\n"

        assert re.fullmatch(f"(?:{pin}{digests})+", lock)

    @pytest.mark.parametrize(("smaller", "larger"), list(pairwise(SETS)))
    def test_each_set_is_part_of_the_next(self, smaller, larger):
        assert pins(smaller) < pins(larger)

    def test_everything_the_project_asks_for_is_locked(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        asked = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
        names = {re.match(r"[\w.-]+", line).group().lower().replace("_", "-") for line in asked}
        locked = {re.match(r"[\w.-]+", pin).group() for pin in pins("dev")}

        assert names - {"plumbline"} <= locked

    def test_pin_is_cut_out_whole(self):
        lock = "uv==1 \\\n    --hash=a \\\n    --hash=b\nuvloop==2 \\\n    --hash=c\n"

        assert pinned_requirement(lock, "uv") == "uv==1 \\\n    --hash=a \\\n    --hash=b\n"
        assert pinned_requirement(lock, "pip") is None

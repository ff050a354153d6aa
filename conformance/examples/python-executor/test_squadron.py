"""One test for each requirement, for an executor in Python. From the command line it needs no code:

    PYTHONPATH=conformance/examples/python-executor poolproof check python:squadron:Squadron
"""

import json
import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
POOLPROOF = os.environ.get("POOLPROOF", "poolproof")
SUBJECT = f"python@{sys.executable}:squadron:Squadron"


def records(*arguments):
    """What a command of poolproof writes, one record a line."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")])}
    run = subprocess.run([POOLPROOF, *arguments, "--format", "json"], stdout=subprocess.PIPE, env=environment)
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture(scope="session")
def verdicts(request, tmp_path_factory):
    """The verdicts on the requirements that pytest selected, all decided in one run."""
    wanted = ",".join(item.callspec.params["requirement"]["id"] for item in request.session.items if hasattr(item, "callspec"))
    known, run = os.path.join(HERE, "known.toml"), str(tmp_path_factory.mktemp("run"))
    found = records("check", SUBJECT, "--only", wanted, "--ledger", known, "--out", run)
    return {record["requirement"]: record for record in found if record["kind"] == "verdict"}


@pytest.mark.parametrize("requirement", records("requirements"), ids=lambda requirement: requirement["id"])
def test_keeps(requirement, verdicts):
    verdict = verdicts[requirement["id"]]
    if verdict["verdict"] in ("violates", "hangs", "crashes", "leaks") and requirement["level"] == "MUST" and not verdict["known"]:
        pytest.fail(f'{requirement["text"]}\n{verdict["verdict"]}: {verdict["message"]}\n{verdict["evidence"].get("replay")}', pytrace=False)
    if verdict["verdict"] != "conforms":
        pytest.skip(f'{verdict["verdict"]}: {verdict["message"]}')

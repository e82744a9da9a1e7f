"""Asks the Python Packaging Advisory Database which packages have known vulnerabilities.

    make audit

Fails if one has. Where the database is out of reach, that is said, and nothing fails;
``make test`` prints the same and leaves the deciding to who deploys.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-dev.txt"


def audited():
    """Return what pip-audit found: (vulnerabilities, packages that it has asked about, all).

    The first are sentences. The packages are the locked ones; nothing is installed.
    """
    command = [sys.executable, "-m", "pip_audit", "--requirement", LOCK, "--require-hashes"]
    command += ["--disable-pip", "--format=json", "--progress-spinner=off", "--timeout=5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        # It ends without an answer where the network does.
        return [], 0, LOCK.read_text().count("==")
    found = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for each in packages
        for vulnerability in each.get("vulns", ())
    ]
    return found, sum("vulns" in each for each in packages), len(packages)


def main():
    found, asked, number = audited()
    for each in found:
        print(f"vulnerable: {each}")
    if asked < number:
        print(f"not audited: {number - asked} of {number} packages: no advisories to be had")
    else:
        print(f"audited: {number} packages, {len(found)} known vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

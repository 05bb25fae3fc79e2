#!/usr/bin/env python3
"""Run check_saved.py over every case that oracle.saved wrote: run_saved.py BUILD_DIR

Uses this Python when it has numpy and safetensors, else makes a virtual environment in BUILD_DIR/oracle-venv with pip.
Exit 77 (skipped) when neither works.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NEEDS = ["numpy", "safetensors"]


def works(python):
    probe = subprocess.run([python, "-c", "import numpy, safetensors.numpy"], capture_output=True, check=False)
    return probe.returncode == 0


def find_python(build):
    venv = os.path.join(build, "oracle-venv")
    python = os.path.join(venv, "bin", "python")
    for candidate in (os.environ.get("GR_ORACLE_PYTHON"), sys.executable, python):
        if candidate and os.path.exists(candidate) and works(candidate):
            return candidate
    try:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True, capture_output=True, timeout=120)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDS], check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as e:
        print(f"skipped: no Python with {' and '.join(NEEDS)}, and pip could not fetch them ({e})")
        sys.exit(77)
    return python


def main():
    build = sys.argv[1]
    root = os.path.join(build, "oracle")
    cases = sorted(d for d in os.listdir(root) if os.path.exists(os.path.join(root, d, "oracle.jsonl")))
    if not cases:
        print(f"{root}: no case")
        return 1
    python = find_python(build)
    codes = [subprocess.run([python, os.path.join(HERE, "check_saved.py"), os.path.join(root, c)], check=False).returncode for c in cases]
    print(f"{codes.count(0)} of {len(codes)} cases agree")
    return 0 if not any(codes) else 1


if __name__ == "__main__":
    sys.exit(main())

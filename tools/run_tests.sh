#!/usr/bin/env bash
# Set up the environment if it is missing, check style and imports, and run the tests.
#
#   bash tools/run_tests.sh [arguments of pytest]
#
# --here as the first argument uses the active environment instead of .venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/setup_env.sh

if [ "${1:-}" = --here ]; then
  shift
  set_up --tests --here
else
  set_up --tests
fi

"$ENV_PYTHON" -m ruff check .
"$ENV_PYTHON" -m ruff format --check .
"${ENV_PYTHON%/*}/lint-imports" --no-cache
# A process for every core, up to four for the memory's sake, each with one thread; the tests of a
# file stay together, because they share what is costly to make. `-n 0` is for --pdb.
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
"$ENV_PYTHON" -m pytest -n auto --maxprocesses 4 --dist loadfile "$@"

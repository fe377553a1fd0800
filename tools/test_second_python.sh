#!/usr/bin/env bash
# What a user gets who has no compiler: the wheel, installed by pip into an environment of its own,
# a video of the demo, and a share of the fast tests, with the newest packages that pip finds.
#
#   bash tools/test_second_python.sh [arguments of pytest]
#
# It runs on the newest Python from 3.12 on that is found here and for which pip knows a PyTorch
# without CUDA (which is some gigabytes), or else on 3.11, and says so. PYTHON=... names another
# one, whatever its PyTorch brings. Without any, or without a package index, it is skipped with the
# reason. The environment is in a temporary folder, which goes at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Where systems, Pythons and packages differ; some 1.5 minutes of one core.
SHARE=(
  tests/test_registry.py tests/test_packaging.py tests/test_utils tests/test_motion
  tests/test_models/test_layers tests/test_models/test_generators
  tests/test_datasets/test_packed.py tests/test_datasets/test_readers.py
  tests/test_datasets/test_picture.py tests/test_datasets/test_clip_list.py
  tests/test_apis tests/test_checkpoints tests/test_evaluation/test_functional
  tests/test_cli/test_commands.py tests/test_cli/test_doctor.py tests/test_cli/test_main.py
)

skip() {
  printf 'skipped: the tests without a compiler (%s)\n' "$1"
  exit 0
}

quiet_pip() {
  # Folders of the configuration that have no page for a package are no news.
  "$1" -m pip --disable-pip-version-check "${@:2}" 2> >(grep -v 'is ignored: it is neither' >&2)
}

# Print the newest PyTorch without CUDA that pip finds for a Python, as pip takes it.
torch_of() {
  local versions
  versions=$(quiet_pip "$1" index versions torch 2>/dev/null) || return 1
  if [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ]; then
    versions=$(grep -o '[0-9.]*+cpu' <<<"$versions" | head -n 1) || return 1
    echo "torch==$versions"
  else
    echo torch
  fi
}

choose() {
  local version candidate
  for version in 3.13 3.12 3.11; do
    for candidate in "python$version" ~/.pyenv/versions/"$version".*/bin/python; do
      "$candidate" -c 'import ensurepip, venv' 2>/dev/null || continue
      [ "$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" = "$version" ] || continue
      if TORCH=$(torch_of "$candidate"); then
        BASE=$candidate
        return
      fi
      echo "Python $version is not used: pip finds no PyTorch without CUDA for it"
      break
    done
  done
  return 1
}

if [ -n "${PYTHON:-}" ]; then
  BASE=$PYTHON TORCH=torch
else
  choose || skip "there is no Python from 3.11 to 3.13 with a PyTorch without CUDA"
fi
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
"$BASE" -m venv "$WORK/env"
BIN=$WORK/env/bin
[ -d "$BIN" ] || BIN=$WORK/env/Scripts # Windows
ENV=$BIN/python
"$ENV" -VV

# Only what belongs to the project, so that a build leaves nothing in the checkout.
mkdir "$WORK/source"
git ls-files -z | tar --null --files-from - -cf - | tar -C "$WORK/source" -xf -
quiet_pip "$ENV" wheel --quiet --no-deps --wheel-dir "$WORK" "$WORK/source"
quiet_pip "$ENV" install --quiet --no-compile "$TORCH" "$WORK"/*.whl pytest pytest-xdist hypothesis
quiet_pip "$ENV" check
export OMP_NUM_THREADS=1
cd "$WORK"
"$BIN/mmctsvg" doctor
"$BIN/mmctsvg" generate --demo --out-dir "$WORK/video"
[ -s "$WORK/video/samples.mp4" ]
cd - >/dev/null
# Not the checkout in place of the wheel: no folder that happens to be the current one is searched.
export PYTHONSAFEPATH=1
"$BIN/pytest" -q -m "not slow" -p no:cacheprovider -n auto --maxprocesses 4 --dist loadfile "${SHARE[@]}" "$@"

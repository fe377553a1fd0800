# The set-up shared by tools/quickstart.sh and tools/run_tests.sh; they source this file and call
#
#   set_up [--here] [--tests]
#
# --here   install into the active environment instead of making .venv
# --tests  install what the tests need, too
#
# Afterwards $ENV_PYTHON runs in an environment with the packages of requirements/ (but docs.txt) as
# constraints.txt pins them, MMCV with its compiled ops, and mmctsvg installed editable.
#
# The last thing it writes is a stamp, named by the hash of all that decides about the environment.
# With the stamp there is nothing to do. Without it every step is run again: what is finished is
# found finished within seconds, and what an interruption left half made is taken away first.
#
# Packages come from wherever pip is configured to look. On a machine without an NVIDIA GPU, plain
# torch for Linux brings some gigabytes of CUDA along; name an index of CPU wheels in the variable
# PIP_EXTRA_INDEX_URL, or a folder with one in PIP_FIND_LINKS, to have the small one.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CONSTRAINTS=$ROOT/requirements/constraints.txt
NEEDED_GB=4
SUPPORTED=3.11

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# What must be true of the machine; each check has one sentence.

python_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# Print the first of the given Pythons that has the supported version.
find_python() {
  local candidate version seen=""
  for candidate in "$@"; do
    version=$(python_version "$candidate") || continue
    if [ "$version" = "$SUPPORTED" ]; then
      echo "$candidate"
      return
    fi
    seen="${seen:+$seen, }$candidate is $version"
  done
  fail "Python $SUPPORTED is the version supported (${seen:-found none}); install it, or name one that is elsewhere by PYTHON=/path/to/python$SUPPORTED"
}

check_disc() {
  local free
  free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1048576) }')
  [ "$free" -ge "$NEEDED_GB" ] ||
    fail "the disc of $1 has $free GB free and the set-up needs $NEEDED_GB GB; make room and run the same command again"
}

check_venv() {
  "$1" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "this Python lacks the module venv; install it (Debian and Ubuntu: apt install python$SUPPORTED-venv) and run the same command again"
}

check_compiler() {
  local program header
  for program in ${CC:-gcc} ${CXX:-g++}; do
    command -v "$program" >/dev/null ||
      fail "the compiler $program is missing, which builds MMCV; install gcc and g++ (Debian and Ubuntu: apt install build-essential) and run the same command again"
  done
  header=$("$1" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
  [ -f "$header" ] ||
    fail "$header is missing, which MMCV is compiled against; install Python's headers (Debian and Ubuntu: apt install python$SUPPORTED-dev) and run the same command again"
}

# Steps, each with its progress on the screen and its output in a log.

# Show the time and the last line of LOG until the caller ends: a line that renews itself on a
# terminal, one line every 15 seconds elsewhere.
show_progress() {
  local title=$1 expected=$2 log=$3 start=$SECONDS next=15 elapsed last
  while kill -0 $$ 2>/dev/null; do
    sleep 1 >/dev/null 2>&1
    elapsed=$((SECONDS - start))
    last=$(tail -n 1 "$log" 2>/dev/null | tr -cd '[:print:]' | cut -c 1-50)
    if [ -t 1 ]; then
      printf '\r\033[K%s: %d s of about %d s  %s' "$title" "$elapsed" "$expected" "$last"
    elif [ "$elapsed" -ge "$next" ]; then
      printf '%s: %d s of about %d s  %s\n' "$title" "$elapsed" "$expected" "$last"
      next=$((elapsed + 15))
    fi
  done
}

# run_step TITLE SECONDS COMMAND...
run_step() {
  local title=$1 expected=$2 log=$STATE/step.log start=$SECONDS progress status=0
  shift 2
  : >"$log"
  printf '%s (about %d s)\n' "$title" "$expected"
  show_progress "$title" "$expected" "$log" &
  progress=$!
  TMPDIR=$STATE/tmp "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$progress" 2>/dev/null
  wait "$progress" 2>/dev/null || true
  [ ! -t 1 ] || printf '\r\033[K'
  [ "$status" -eq 0 ] || explain_failure "$title" "$log"
  printf '%s: done in %d s\n' "$title" $((SECONDS - start))
}

# Whether pip can get a package of a few kilobytes.
index_answers() {
  TMPDIR=$STATE/tmp "$ENV_PYTHON" -m pip download --no-deps --no-cache-dir --retries 1 \
    --dest "$STATE/tmp" termcolor >/dev/null 2>&1
}

explain_failure() {
  local title=$1 log=$2
  if grep -qiE 'No space left on device|Errno 28' "$log"; then
    fail "the disc became full in the step \"$title\"; make $NEEDED_GB GB free on the disc of $ROOT and run the same command again"
  elif [[ $(tail -n 1 "$log") == "error: "* ]]; then
    fail "$(tail -n 1 "$log" | cut -c 8-)"
  elif ! index_answers; then
    fail "pip reached no package index in the step \"$title\"; connect to the network, or point pip at a mirror with PIP_INDEX_URL, and run the same command again"
  fi
  tail -n 15 "$log" >&2
  fail "the step \"$title\" failed; its last lines are above and the whole of it is in $log"
}

# Byte code is made at the first import of what is really imported, a small part of what there is.
pip_install() {
  "$ENV_PYTHON" -m pip install --disable-pip-version-check --no-compile \
    --constraint "$CONSTRAINTS" "$@"
}

# The environment.

# Everything that decides what is installed; a stamp with another name than this is out of date.
fingerprint() {
  {
    echo "$ROOT $("$ENV_PYTHON" -VV)"
    cat "$ROOT"/requirements/*.txt "$ROOT"/setup.py "$ROOT"/tools/{setup_env.sh,build_mmcv.py}
  } | cksum | cut -d ' ' -f 1
}

# pip writes RECORD last, so a package without one that is newer than the start of an interrupted
# set-up is half installed. Without its metadata pip installs it again, over what is there.
remove_half_installed() {
  local site path
  site=$("$ENV_PYTHON" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
  for path in "$site"/*.dist-info; do
    [ "$path" -nt "$STATE/begun" ] && [ ! -f "$path/RECORD" ] && rm -rf "$path"
  done
  return 0
}

ensure_pip() {
  "$ENV_PYTHON" -m pip --version || "$ENV_PYTHON" -m ensurepip
}

# Let one set-up at a time work on an environment. One whose script was killed may still go on in
# its pip, which inherited the lock.
lock() {
  local folder=${STATE%/*}
  command -v flock >/dev/null || return 0
  exec 9>"$STATE/lock"
  if ! flock --nonblock 9; then
    echo "another set-up is at work in $folder; waiting until it has finished"
    flock 9
  fi
}

unlock() { exec 9>&-; }

# Choose the environment: sets ENV_PYTHON (its Python) and STATE (where the set-up keeps its notes).
choose_environment() {
  local folder=$ROOT/.venv base version
  if [ "$1" = here ]; then
    ENV_PYTHON=$(find_python "${PYTHON:-python}") || exit 1
    folder=$("$ENV_PYTHON" -c 'import sys; print(sys.prefix)')
    [ -w "$folder" ] ||
      fail "nothing can be installed into $folder, the active environment; activate one that is yours, or leave out --here"
  elif version=$(python_version "$folder/bin/python"); then
    ENV_PYTHON=$folder/bin/python
    [ "$version" = "$SUPPORTED" ] ||
      fail "$folder was made with Python $version and Python $SUPPORTED is the version supported; delete that folder and run the same command again"
  else
    if [ -n "${PYTHON:-}" ]; then
      base=$(find_python "$PYTHON") || exit 1
    else
      base=$(find_python "python$SUPPORTED" python3 python) || exit 1
    fi
    check_disc "$ROOT"
    check_venv "$base"
    check_compiler "$base"
    # Its Python does not start, so clearing it loses nothing.
    "$base" -m venv --without-pip --clear "$folder"
    ENV_PYTHON=$folder/bin/python
  fi
  STATE=$folder/mmctsvg-setup
  mkdir -p "$STATE"
}

# Install all but what only the tests need.
install_everything() {
  check_disc "$STATE"
  check_compiler "$ENV_PYTHON"
  run_step "1/5 pip and build tools" 8 install_tools
  run_step "2/5 torch" 15 pip_install torch
  # MMagic and its family declare much more than mmctsvg uses, and torchvision would choose a torch.
  run_step "3/5 packages" 30 install_packages
  run_step "4/5 MMCV with compiled ops" 90 "$ENV_PYTHON" "$ROOT/tools/build_mmcv.py"
  run_step "5/5 mmctsvg" 10 install_mmctsvg
}

install_tools() {
  ensure_pip && pip_install ninja && pip_install setuptools
}

install_packages() {
  pip_install --no-deps torchvision mmengine mmagic mmaction2 &&
    pip_install -r "$ROOT/requirements/runtime.txt" -r "$ROOT/requirements/optional.txt"
}

install_mmctsvg() {
  pip_install --no-deps --no-build-isolation --editable "$ROOT" &&
    (cd / && "$ENV_PYTHON" -c 'import mmcv._ext, mmctsvg.registry')
}

# Before anything is installed: withdraw the stamp, and take away what a killed set-up left half made.
begin() {
  rm -rf "$STATE/stamp" "$STATE/tmp"
  # All temporary files lie in this folder, so that the next run clears what a killed one leaves.
  mkdir "$STATE/tmp"
  if [ -e "$STATE/begun" ]; then
    echo "mending a set-up that was interrupted"
    remove_half_installed
  fi
  touch "$STATE/begun"
}

finish() {
  rm -rf "$STATE/tmp" "$STATE/begun" "$STATE/step.log"
  echo "$1" >"$STATE/stamp"
}

set_up() {
  local where=venv tests=no option wanted found
  for option in "$@"; do
    case $option in
      --here) where=here ;;
      --tests) tests=yes ;;
    esac
  done
  choose_environment "$where"
  lock
  wanted=$(fingerprint)
  found=$(cat "$STATE/stamp" 2>/dev/null || true)
  [ "$tests" = no ] || wanted="$wanted with tests"
  # An environment with the tests serves without them, too.
  if [ "${found% with tests}" != "$wanted" ] && [ "$found" != "$wanted" ]; then
    begin
    install_everything
    [ "$tests" = no ] ||
      run_step "test tools" 10 pip_install -r "$ROOT/requirements/tests.txt"
    finish "$wanted"
  fi
  unlock
}

#!/usr/bin/env bash
# From a bare machine to a video: set up, train the small model on drawn people, generate.
#
#   bash tools/quickstart.sh                makes and uses .venv
#   bash tools/quickstart.sh --here         uses the active environment
#   bash tools/quickstart.sh --minutes 30   has more than nine minutes for the training
#
# Run again after an interruption, it goes on where it was; run again after the end, it shows where
# the results are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/setup_env.sh

CONFIG=configs/ctsvg_synth_actors_32.py
OUT=work_dirs/quickstart
DEMO=mmctsvg/assets/demo.safetensors

MINUTES=9
HERE=
while [ $# -gt 0 ]; do
  case $1 in
    --here) HERE=--here ;;
    --minutes)
      MINUTES=${2:-}
      [[ $MINUTES =~ ^[0-9]*\.?[0-9]+$ && $MINUTES =~ [1-9] ]] ||
        fail "--minutes is '$MINUTES': it must be a number above 0"
      shift
      ;;
    *) fail "unknown argument $1; there are --here, which installs into the active environment, and --minutes N" ;;
  esac
  shift
done
set_up ${HERE:+"$HERE"}

# The video of the model that is shipped: something to look at while one's own is being trained.
if [ -f "$DEMO" ] && [ ! "$OUT/demo/samples.png" -nt "$DEMO" ]; then
  "$ENV_PYTHON" tools/generate.py --demo --out-dir "$OUT/demo"
fi

# Does nothing when the training has ended, and goes on from the last checkpoint when it has not.
"$ENV_PYTHON" tools/train.py "$CONFIG" --work-dir "$OUT" --resume auto --minutes "$MINUTES"

if [ ! "$OUT/samples.png" -nt "$OUT/generator.safetensors" ]; then
  "$ENV_PYTHON" tools/generate.py "$OUT/generator.safetensors" --out-dir "$OUT"
fi

# The training measures its last generator; a run killed in just that moment has no such line.
NUMBERS=$(cat "$OUT"/*/*.log | grep -o 'SynthTruth: .* recognised, .*' | tail -n 1 || true)

cat <<END

The video:         $PWD/$OUT/samples.mp4
The contact sheet: $PWD/$OUT/samples.png
The curves:        $PWD/$OUT/curves.png
${NUMBERS:-For numbers, run: python tools/test.py $CONFIG $OUT/generator.safetensors}
END

#!/usr/bin/env bash
# Measure training and rendering at 128 x 128 on a GPU, in less than ten minutes.
#
#   bash tools/analysis_tools/benchmark_gpu.sh [FILE.json]
#
# Prints iterations (16 triplets) and frames in every precision that the device has, against its
# convolution peak, and writes them as JSON.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PYTHON=python
[ ! -x .venv/bin/python ] || PYTHON=.venv/bin/python

"$PYTHON" tools/analysis_tools/benchmark.py configs/ctsvg_mead_128.py \
  --device cuda --batch-size 16 --repeats 10 --precision fp32 fp16 bf16 \
  --json "${1:-work_dirs/benchmark_gpu.json}"

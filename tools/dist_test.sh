#!/usr/bin/env bash
# Tests a checkpoint on several GPUs of this machine.
# Usage: tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [options of tools/test.py]
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: $0 CONFIG CHECKPOINT PROCESSES [options of tools/test.py]" >&2
    exit 2
fi
config=$1 checkpoint=$2 processes=$3
shift 3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} MKL_NUM_THREADS=${MKL_NUM_THREADS:-1}
if [ "${NNODES:-1}" -eq 1 ]; then
    where=(--standalone) # finds a free port by itself
else
    where=(--nnodes="$NNODES" --node_rank="${NODE_RANK:-0}"
        --master_addr="$MASTER_ADDR" --master_port="${MASTER_PORT:-29500}")
fi
exec python -m torch.distributed.run "${where[@]}" \
    --nproc_per_node="$processes" \
    "$here/test.py" "$config" "$checkpoint" --launcher pytorch "$@"

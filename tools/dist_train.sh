#!/usr/bin/env bash
# Trains on several GPUs (or, without a GPU, in several processes) of this machine.
# Usage: tools/dist_train.sh CONFIG PROCESSES [options of tools/train.py]
# Several machines: set NNODES, NODE_RANK and MASTER_ADDR (MASTER_PORT) on each.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG PROCESSES [options of tools/train.py]" >&2
    exit 2
fi
config=$1 processes=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# torchrun and MMEngine would set these to 1 by themselves, but say so in many lines.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} MKL_NUM_THREADS=${MKL_NUM_THREADS:-1}
if [ "${NNODES:-1}" -eq 1 ]; then
    where=(--standalone) # finds a free port by itself
else
    where=(--nnodes="$NNODES" --node_rank="${NODE_RANK:-0}"
        --master_addr="$MASTER_ADDR" --master_port="${MASTER_PORT:-29500}")
fi
exec python -m torch.distributed.run "${where[@]}" \
    --nproc_per_node="$processes" \
    "$here/train.py" "$config" --launcher pytorch "$@"

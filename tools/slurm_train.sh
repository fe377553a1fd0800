#!/usr/bin/env bash
# Trains on a Slurm cluster: one torchrun per node, one process per GPU.
# Slurm is asked for SIGUSR1 two minutes before the time is up: the training then writes a checkpoint
# and ends; sent again with --resume, it goes on from there.
# Usage: [GPUS=8] [GPUS_PER_NODE=8] [CPUS_PER_TASK=16] [SRUN_ARGS=...] \
#            tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [options of tools/train.py]
set -euo pipefail
if [ $# -lt 4 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG WORK_DIR [options of tools/train.py]" >&2
    exit 2
fi
partition=$1 job=$2 config=$3 work_dir=$4
shift 4
gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}
if [ $((gpus % per_node)) -ne 0 ]; then
    echo "error: GPUS=$gpus is no multiple of GPUS_PER_NODE=$per_node." >&2
    exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The nodes meet at the first one, which only srun knows.
# shellcheck disable=SC2016
exec srun --partition="$partition" --job-name="$job" \
    --nodes=$((gpus / per_node)) --ntasks-per-node=1 --gres="gpu:$per_node" \
    --cpus-per-task="${CPUS_PER_TASK:-16}" --kill-on-bad-exit=1 --signal=USR1@120 ${SRUN_ARGS:-} \
    bash -c '
        trap "" USR1 # it would end torchrun; its processes listen to it all the same
        here=$1 per_node=$2
        shift 2
        head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
        exec python -m torch.distributed.run \
            --nnodes="$SLURM_NNODES" --node_rank="$SLURM_NODEID" \
            --master_addr="$head" --master_port="${MASTER_PORT:-29500}" \
            --nproc_per_node="$per_node" "$here/train.py" "$@"
    ' train "$here" "$per_node" "$config" --work-dir "$work_dir" --launcher pytorch "$@"

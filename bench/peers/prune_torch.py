#!/usr/bin/env python3
"""Global magnitude pruning with torch.nn.utils.prune, the usual tool for it, on an ONNX file.

    python prune_torch.py IN OUT SPARSITY

Every float32 initializer of rank 2 and more becomes a parameter; `global_unstructured` with L1Unstructured
masks them together, `remove` makes the masks permanent, and the values go back into the file.
"""

import sys

import onnx
import torch
from onnx import TensorProto, numpy_helper
from prune_numpy import save
from torch import nn
from torch.nn.utils import prune


def main(source: str, target: str, sparsity: float) -> None:
    model = onnx.load(source)
    weights = [t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT and len(t.dims) >= 2]
    holders = []
    for tensor in weights:
        holder = nn.Module()
        holder.weight = nn.Parameter(torch.from_numpy(numpy_helper.to_array(tensor).copy()), requires_grad=False)
        holders.append(holder)
    with torch.no_grad():
        prune.global_unstructured(
            [(holder, "weight") for holder in holders], pruning_method=prune.L1Unstructured, amount=sparsity
        )
        for holder, tensor in zip(holders, weights):
            prune.remove(holder, "weight")
            tensor.ClearField("float_data")
            tensor.raw_data = holder.weight.numpy().tobytes()
    save(model, target)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))

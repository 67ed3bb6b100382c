#!/usr/bin/env python3
"""Global magnitude pruning with onnx and NumPy, as somebody who knows both would write it.

    python prune_numpy.py IN OUT SPARSITY

One pass collects |w| of every float32 weight of rank 2 and more, `partition` (quickselect, vectorised in
NumPy 2) finds the k-th smallest in place, a second pass zeroes what is not larger. Arrays are freed as soon
as they are not needed; a model over 2 GB is written with external data, as protobuf demands.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

PROTOBUF_LIMIT = 2**31 - 1


def main(source: str, target: str, sparsity: float) -> None:
    model = onnx.load(source)
    weights = [t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT and len(t.dims) >= 2]
    sizes = [int(np.prod(t.dims)) for t in weights]
    magnitudes = np.empty(sum(sizes), np.float32)
    at = 0
    for tensor, size in zip(weights, sizes):
        np.abs(numpy_helper.to_array(tensor).reshape(-1), out=magnitudes[at : at + size])
        at += size
    k = round(sparsity * len(magnitudes))
    threshold = np.float32(-1)
    if k > 0:
        magnitudes.partition(k - 1)
        threshold = magnitudes[k - 1]
    del magnitudes
    for tensor in weights:
        w = numpy_helper.to_array(tensor)
        tensor.ClearField("float_data")
        tensor.raw_data = (w * (np.abs(w) > threshold)).tobytes()
    save(model, target)


def save(model: onnx.ModelProto, target: str) -> None:
    large = sum(len(t.raw_data) for t in model.graph.initializer) > PROTOBUF_LIMIT - 2**20
    if large:
        location = Path(target).name + ".data"
        Path(target).with_name(location).unlink(missing_ok=True)  # onnx appends to one that is there
        onnx.save(model, target, save_as_external_data=True, all_tensors_to_one_file=True, location=location)
    else:
        onnx.save(model, target)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))

#!/usr/bin/env python3
"""Moves the zeros out of a model with `sparse_initializer`, the form that ONNX itself has for them.

    python pack_sparse.py IN OUT

Indices are linear, sorted and INT64, as onnx.checker demands: 12 bytes for each float32 that is not zero. A tensor
that would not become smaller stays dense.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def main(source: str, target: str) -> None:
    model = onnx.load(source)
    graph = model.graph
    for tensor in [t for t in graph.initializer if t.data_type == TensorProto.FLOAT]:
        weights = numpy_helper.to_array(tensor)
        places = np.flatnonzero(weights)
        if 12 * len(places) >= weights.nbytes:
            continue
        values = numpy_helper.from_array(weights.reshape(-1)[places], tensor.name)
        indices = numpy_helper.from_array(places.astype(np.int64))
        graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, list(tensor.dims)))
        graph.initializer.remove(tensor)
    onnx.checker.check_model(model)
    onnx.save(model, target)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

#!/usr/bin/env python3
"""Codebooks with onnx and NumPy, as somebody who knows both would write it.

    python pack_numpy.py IN OUT BITS

Each float32 weight of rank 2 and more gets 2^BITS values by Lloyd's algorithm on a sample of 2^18 of its weights,
which starts at their quantiles; then every weight is rounded to the nearest by a binary search. Codes are bytes, or
two to a byte up to 4 bits; Gather (after BitShift) gives the weights back.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SAMPLE = 2**18
ITERATIONS = 20


def main(source: str, target: str, bits: int) -> None:
    model = onnx.load(source)
    graph = model.graph
    nodes = []
    for tensor in [t for t in graph.initializer if t.data_type == TensorProto.FLOAT and len(t.dims) >= 2]:
        weights = numpy_helper.to_array(tensor)
        palette = lloyd(weights.reshape(-1), 2**bits)
        codes = np.searchsorted((palette[1:] + palette[:-1]) / 2, weights.reshape(-1)).astype(np.uint8)
        nodes += decoding(graph, tensor, palette, codes, bits)
        graph.initializer.remove(tensor)
    for node in reversed(nodes):
        graph.node.insert(0, node)
    onnx.save(model, target)


def lloyd(weights: np.ndarray, count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    sample = np.sort(weights if len(weights) <= SAMPLE else rng.choice(weights, SAMPLE, replace=False))
    sums = np.concatenate([[0.0], np.cumsum(sample, dtype=np.float64)])
    palette = np.quantile(sample, (np.arange(count) + 0.5) / count)
    for _ in range(ITERATIONS):
        edges = np.concatenate([[0], np.searchsorted(sample, (palette[1:] + palette[:-1]) / 2), [len(sample)]])
        sizes = np.diff(edges)
        means = np.diff(sums[edges]) / np.maximum(sizes, 1)
        palette = np.sort(np.where(sizes > 0, means, palette))
    return palette.astype(np.float32)


def decoding(graph, tensor, palette, codes, bits):
    def constant(suffix: str, array: np.ndarray) -> str:
        graph.initializer.append(numpy_helper.from_array(array, f"{tensor.name}.{suffix}"))
        return f"{tensor.name}.{suffix}"

    def node(op: str, inputs: list[str], suffix: str | None, **attrs):
        output = tensor.name if suffix is None else f"{tensor.name}.{suffix}"
        made.append(helper.make_node(op, inputs, [output], **attrs))
        return output

    made = []
    values = constant("palette", palette)
    if bits > 4:
        places = node("Cast", [constant("codes", codes.reshape(tensor.dims))], "places", to=TensorProto.INT32)
        node("Gather", [values, places], None)
        return made
    half = -(-len(codes) // 2)
    pairs = np.zeros((2, half), np.uint8)
    pairs.reshape(-1)[: len(codes)] = codes
    stored = constant("codes", (pairs[0] | pairs[1] << 4)[None])
    left = node("BitShift", [stored, constant("left", np.array([[4], [0]], np.uint8))], "left.out", direction="LEFT")
    apart = node("BitShift", [left, constant("right", np.array([4], np.uint8))], "right.out", direction="RIGHT")
    flat = node("Reshape", [apart, constant("flat", np.array([-1], np.int64))], "flat.out")
    ends = [constant("from", np.array([0], np.int64)), constant("to", np.array([len(codes)], np.int64))]
    cut = node("Slice", [flat, *ends], "cut")
    shaped = node("Reshape", [cut, constant("shape", np.array(tensor.dims, np.int64))], "shaped")
    node("Gather", [values, node("Cast", [shaped], "places", to=TensorProto.INT32)], None)
    return made


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

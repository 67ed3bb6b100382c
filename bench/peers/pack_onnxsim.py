#!/usr/bin/env python3
"""The k-means codebook of the Python package onnxsim: 16 values for the weights of each layer.

    python pack_onnxsim.py IN OUT

It writes the rounded weights as float32 beside those that they replace, which are dropped here; so the file is as
large as before, and only compresses better.
"""

import sys

import onnx
import onnxsim

if __name__ == "__main__":
    model = onnxsim.quantize_weight_only_kmeans(onnx.load(sys.argv[1]))
    used = {name for node in model.graph.node for name in node.input}
    for tensor in [t for t in model.graph.initializer if t.name not in used]:
        model.graph.initializer.remove(tensor)
    onnx.save(model, sys.argv[2])

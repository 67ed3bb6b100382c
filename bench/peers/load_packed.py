#!/usr/bin/env python3
"""Loads models in the Python package onnxruntime, and compares what pairs of them compute.

    python load_packed.py < PAIRS

Reads a JSON list of {"model", "reference", "feeds": [NPZ, ...]} and writes one of
{"checker": null or the complaint of onnx.checker, "disabled", "basic", "all": a number, null or the error of a model},
where the number is the largest difference of an output by its largest magnitude, 0 for the same bits, and null stands
for outputs of other types or shapes.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime as ort

LEVELS = {
    "disabled": ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
}


def judge(model: str, reference: str, feeds: list[str]) -> dict:
    return {"checker": complaint(model), **{name: compared(model, reference, feeds, name) for name in LEVELS}}


def complaint(model: str) -> str | None:
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:
        return str(error)
    return None


def compared(model: str, reference: str, feeds: list[str], level: str) -> float | str | None:
    try:
        found = outputs(model, feeds, level)
    except Exception as error:  # ONNX Runtime has an exception class for each kind of failure
        return str(error)
    return difference(found, outputs(reference, feeds, level))


def outputs(model: str, feeds: list[str], level: str) -> list[np.ndarray]:
    options = ort.SessionOptions()
    options.graph_optimization_level = LEVELS[level]
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return [array for feed in feeds for array in session.run(None, dict(np.load(feed)))]


def difference(found: list[np.ndarray], wanted: list[np.ndarray]) -> float | None:
    most = 0.0
    for x, y in zip(found, wanted, strict=True):
        if (x.dtype, x.shape) != (y.dtype, y.shape):
            return None
        if x.tobytes() != y.tobytes():
            most = max(most, float(np.max(np.abs(x - y)) / np.max(np.abs(y))), np.finfo(np.float64).tiny)
    return most


if __name__ == "__main__":
    ort.set_default_logger_severity(4)
    print(json.dumps([judge(**pair) for pair in json.load(sys.stdin)]))

#!/usr/bin/env python3
"""Exports architectures of torchvision and timm with random weights to ONNX, for the coverage of structured pruning.

    python export.py list                         every model, a JSON object a line
    python export.py one NAME --family F -o FILE  one model; prints a JSON object

Batch 1, static shapes, opset 20, the exporter that PyTorch calls dynamo; detectors without what comes behind
their heads (`#core`). The weights are drawn anew so that no two constants are equal (they would be merged),
nothing is zero (biases would vanish, whole branches would be dead) and activations keep their scale from the
first layer to the last: see weights.py. A model counts as exported only when ONNX Runtime's outputs are
finite and depend on the input.
"""

import argparse
import json
import os
import resource
import sys
import time
import traceback
import zlib

import zoo

OPSET = 20
# protobuf cannot hold 2 GiB; beyond this the weights go into a file of their own
INLINE_BYTES = 1.5e9
OUT_OF_MEMORY = 86
# of an output's range: what another input has to change, ten times what the oracle lets pass
LEAST_VARIATION = 1e-3


def one(name: str, family: str, target: str, memory_gb: float, threads: int) -> dict:
    limit = int(memory_gb * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    started = time.monotonic()
    import torch
    from weights import draw_weights, settle_norms

    torch.set_num_threads(threads)
    torch.manual_seed(zlib.crc32(f"{family}/{name}".encode()))
    with torch.no_grad():
        model, inputs = zoo.build(family, name)
        model.eval()
        draw_weights(model)
        settle_norms(model, inputs)
        program = torch.onnx.export(
            model, inputs, dynamo=True, opset_version=OPSET, optimize=True, verbose=False, external_data=False
        )
    exported = time.monotonic()
    strip(program.model)
    size = sum(v.const_value.nbytes for v in program.model.graph.initializers.values() if v.const_value is not None)
    os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
    folder, base = os.path.split(os.path.abspath(target))
    partial = os.path.join(folder, f".{base}.partial")
    if size > INLINE_BYTES:
        # the name of the data file is written into the model: it cannot be renamed later
        program.save(target, external_data=True)
    else:
        program.save(partial, external_data=False)
    parameters = sum(p.numel() for p in model.parameters())
    written = target if size > INLINE_BYTES else partial
    del program, model
    try:
        outputs = check(written, inputs)
    except Exception:
        os.remove(written)  # what is under its name counts as exported
        raise
    if written == partial:
        os.replace(partial, target)
    return {
        "family": family,
        "name": name,
        "status": "ok",
        "parameters": parameters,
        "bytes": size,
        "seconds": round(time.monotonic() - started, 1),
        "exportSeconds": round(exported - started, 1),
        "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "outputs": outputs,
    }


def strip(model) -> None:
    """Removes stack traces and module paths, two kilobytes a node."""
    graphs = [model.graph, *model.functions.values()]
    for graph in graphs:
        graph.metadata_props.clear()
        for node in graph.all_nodes() if hasattr(graph, "all_nodes") else graph:
            node.metadata_props.clear()
            node.doc_string = None
            for value in node.outputs:
                value.metadata_props.clear()
    for value in model.graph.initializers.values():
        value.metadata_props.clear()
    for value in model.graph.inputs:
        value.metadata_props.clear()


def check(path: str, inputs) -> list:
    """Runs the file; what each output looks like.

    `varies` is what another input changes, `rounding` what ONNX Runtime's own optimizations change, both as shares
    of the largest number in the output: where rounding does much, nothing that is compared can be told exactly.

    :raises ValueError: where an output is not finite, or the same for another input
    """
    import numpy
    import onnxruntime
    import torch

    def run(seed: int, level) -> tuple:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        options.graph_optimization_level = level
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        generator = torch.Generator().manual_seed(seed)
        feeds = {
            i.name: torch.randn(tuple(x.shape), generator=generator).numpy()
            for i, x in zip(session.get_inputs(), inputs, strict=True)
        }
        return [o.name for o in session.get_outputs()], session.run(None, feeds)

    plain = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    names, first = run(1, plain)
    _, second = run(2, plain)
    _, optimized = run(1, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)
    report = []
    for name, a, b, c in zip(names, first, second, optimized, strict=True):
        if not numpy.isfinite(a).all():
            raise ValueError(f"output {name} is not finite")
        scale = float(numpy.abs(a).max())
        varies = float(numpy.abs(a - b).max()) / scale if scale > 0 else 0.0
        if varies < LEAST_VARIATION:
            raise ValueError(f"output {name} hardly depends on the input: {varies:.1e} of its range")
        rounding = float(numpy.abs(a - c).max()) / scale
        report.append({"name": name, "shape": list(a.shape), "max": scale, "varies": varies, "rounding": rounding})
    return report


def reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:600]


def is_memory(error: BaseException) -> bool:
    while error is not None:
        text = str(error)
        if isinstance(error, MemoryError) or "allocate memory" in text or "bad_alloc" in text or "bad allocation" in text:
            return True
        error = error.__cause__ or error.__context__
    return False


def main() -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list")
    listing.add_argument("--family", choices=zoo.FAMILIES)
    single = commands.add_parser("one")
    single.add_argument("name")
    single.add_argument("--family", choices=zoo.FAMILIES, required=True)
    single.add_argument("-o", "--out", required=True)
    single.add_argument("--memory-gb", type=float, default=8)
    single.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    families = [args.family] if args.family else list(zoo.FAMILIES)
    if args.command == "list":
        for family in families:
            for name in zoo.names(family):
                print(json.dumps({"family": family, "name": name}))
        return 0
    started = time.monotonic()
    try:
        print(json.dumps(one(args.name, args.family, args.out, args.memory_gb, args.threads)))
        return 0
    except Exception as error:
        traceback.print_exc()
        status = "memory" if is_memory(error) else "failed"
        seconds = round(time.monotonic() - started, 1)
        entry = {"family": args.family, "name": args.name, "status": status, "seconds": seconds, "reason": reason(error)}
        print(json.dumps(entry))
        return OUT_OF_MEMORY if status == "memory" else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Torch-Pruning on a torchvision classifier, as its own benchmark of torchvision prunes them.

    python structured_torch_pruning.py prepare NAME STATE          the weights that the coverage exports
    python structured_torch_pruning.py prune NAME STATE OUT TIMES  half of all channels; OUT .pt, or .onnx to export

Groups by DependencyGraph, L2 magnitude, the same ratio in every layer, the classifier kept. TIMES is JSON: seconds of
importing, loading, building the graph, pruning, and writing.
"""

import json
import sys
import time
from pathlib import Path

RATIO = 0.5


def prepare(name: str, state: str) -> None:
    import zlib

    import torch

    sys.path.append(str(Path(__file__).parent.parent / "coverage"))
    import zoo
    from weights import draw_weights, settle_norms

    torch.manual_seed(zlib.crc32(f"torchvision/{name}".encode()))
    with torch.no_grad():
        model, inputs = zoo.build("torchvision", name)
        model.eval()
        draw_weights(model)
        settle_norms(model, inputs)
    torch.save(model.state_dict(), state)


def prune(name: str, state: str, out: str, times: str) -> None:
    marks = [("started", time.perf_counter())]

    def mark(what: str) -> None:
        marks.append((what, time.perf_counter()))

    import torch
    import torch_pruning
    from torch import nn
    from torchvision import models

    mark("import")
    model = models.get_model(name, weights=None)
    model.load_state_dict(torch.load(state, weights_only=True))
    model.eval()
    image = torch.randn(1, 3, 224, 224)
    mark("load")
    kept = [m for m in model.modules() if isinstance(m, nn.Linear) and m.out_features == 1000]
    is_transformer = isinstance(model, models.VisionTransformer)
    pruner = torch_pruning.pruner.MagnitudePruner(
        model,
        image,
        importance=torch_pruning.importance.MagnitudeImportance(p=2),
        pruning_ratio=RATIO,
        ignored_layers=kept,
        round_to=model.encoder.layers[0].num_heads if is_transformer else None,
    )
    mark("graph")
    pruner.step()
    if is_transformer:
        # its forward asks for it, and Torch-Pruning does not know
        model.hidden_dim = model.conv_proj.out_channels
    mark("prune")
    if out.endswith(".onnx"):
        with torch.no_grad():
            torch.onnx.export(model, (image,), out, dynamo=True, external_data=False, verbose=False)
    else:
        model.zero_grad()
        torch.save(model, out)
    mark("write")
    spans = {what: at - before for (_, before), (what, at) in zip(marks, marks[1:])}
    Path(times).write_text(json.dumps(spans))


if __name__ == "__main__":
    {"prepare": prepare, "prune": prune}[sys.argv[1]](*sys.argv[2:])

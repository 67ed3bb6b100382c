"""The architectures of the coverage: their names, how each is built, and what it is fed."""

import os

import torch
from torch import nn

FAMILIES = ("torchvision", "timm")


def names(family: str) -> list:
    """Smaller models first."""
    return torchvision_names() if family == "torchvision" else timm_names()


def torchvision_names() -> list:
    """Every builder of torchvision but the quantized ones; detectors as `#core`."""
    from torchvision import models

    def parameters(name: str) -> int:
        return min(w.meta["num_params"] for w in models.get_model_weights(name))

    listed = [n for n in models.list_models() if not n.startswith("quantized_")]
    return [f"{n}#core" if is_detector(n) else n for n in sorted(listed, key=parameters)]


def timm_names() -> list:
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "timm.txt")) as lines:
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def build(family: str, name: str) -> tuple:
    """
    :param name: with what to make of it behind `#` or `@`
    :returns: the model as its constructor leaves it, and a tuple of its inputs
    """
    return build_torchvision(name) if family == "torchvision" else build_timm(name)


def build_timm(name: str) -> tuple:
    import timm

    base, *notes = name.split("@")
    if "nf" in notes:
        timm.layers.set_fused_attn(False)
    model = timm.create_model(base, pretrained=False)
    side = next((int(note) for note in notes if note.isdigit()), None)
    return model, (torch.randn(1, 3, *((side, side) if side else image_size(model, base))),)


def image_size(model: nn.Module, base: str) -> tuple:
    """What the model is made for, but at most 224 x 224 where it takes any size and has none in its name."""
    height, width = model.default_cfg["input_size"][1:]
    is_fixed = model.default_cfg.get("fixed_input_size") or base.rsplit("_", 1)[-1] == str(height)
    return (height, width) if is_fixed else (min(height, 224), min(width, 224))


def build_torchvision(name: str) -> tuple:
    from torchvision import models

    base = name.split("#")[0]
    is_segmentation = any(part in base for part in ("deeplab", "fcn_", "lraspp"))
    options = {"weights": None}
    if is_detector(base) or is_segmentation:
        options["weights_backbone"] = None
    if base in ("googlenet", "inception_v3"):
        options["init_weights"] = False
    model = models.get_model(base, **options)
    if base.startswith("raft"):
        return Flow(model), (torch.randn(1, 3, 128, 128), torch.randn(1, 3, 128, 128))
    if is_detector(base):
        model = core(model)
    elif is_segmentation:
        model = Values(model)
    return model, (torch.randn(1, 3, *input_size(base)),)


def is_detector(base: str) -> bool:
    return any(part in base for part in ("rcnn", "retinanet", "fcos", "ssd"))


def input_size(base: str) -> tuple:
    if base in ("r3d_18", "mc3_18", "r2plus1d_18"):
        return (16, 112, 112)
    if base.startswith(("mvit", "s3d", "swin3d")):
        return (16, 224, 224)
    if base == "inception_v3":
        return (299, 299)
    if is_detector(base):
        side = 320 if "320" in base else 300 if "300" in base else 256
        return (side, side)
    return (256, 256) if base.startswith("swin_v2") else (224, 224)


class Values(nn.Module):
    """A model that gives a dictionary, as one that gives a tuple."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image):
        return tuple(self.model(image).values())


class Flow(nn.Module):
    """RAFT with two refinements, and the last flow of them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, first, second):
        return self.model(first, second, num_flow_updates=2)[-1]


def core(model: nn.Module) -> nn.Module:
    """A detector without what comes behind its heads, which takes loops and lists of any length."""
    from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

    return TwoStage(model) if isinstance(model, GeneralizedRCNN) else OneStage(model)


class OneStage(nn.Module):
    """SSD, RetinaNet, FCOS: the backbone with its pyramid, and the heads over all its levels."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.backbone = model.backbone
        self.head = model.head

    def forward(self, image):
        features = list(self.backbone(image).values())
        return tuple(self.head(features).values())


class TwoStage(nn.Module):
    """R-CNNs: the backbone with its pyramid, the heads of the proposals, and those of the regions.

    Which regions there are is decided behind the first heads; here they are constants, two on each level of the
    pyramid.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.backbone = model.backbone
        self.rpn = model.rpn.head
        self.roi = model.roi_heads
        # index of the image, then two corners in its pixels
        self.register_buffer("regions", torch.tensor([[0.0, 16, 24, 140, 201], [0.0, 60, 2, 230, 120]]))

    def pool(self, features, size, side):
        from torchvision.ops import roi_align

        levels = [features[name] for name in self.roi.box_roi_pool.featmap_names if name in features]
        return torch.cat([roi_align(x, self.regions, size, x.shape[-1] / side, 2) for x in levels])

    def forward(self, image):
        side = image.shape[-1]
        features = self.backbone(image)
        objectness, deltas = self.rpn(list(features.values()))
        outputs = [*objectness, *deltas]
        boxes = self.pool(features, self.roi.box_roi_pool.output_size, side)
        outputs += self.roi.box_predictor(self.roi.box_head(boxes))
        for kind in ("mask", "keypoint"):
            pooling = getattr(self.roi, f"{kind}_roi_pool", None)
            if pooling is not None:
                found = getattr(self.roi, f"{kind}_head")(self.pool(features, pooling.output_size, side))
                outputs.append(getattr(self.roi, f"{kind}_predictor")(found))
        return tuple(outputs)

"""Random weights that behave like those of a trained model."""

import torch
from torch import nn


def draw_weights(model: nn.Module) -> None:
    """Replaces what initialisation left equal, zero or vanishingly small by values a trained model could have.

    Gains of norms become 0.7..1.3, zero biases and tables normal, zero and faint matrices normal by their fan-in,
    gates of residual branches (1e-6 in ConvNeXt, 1e-5 in CaiT) 0.2..0.4; biases that are drawn already get a little
    more.

    Biases of BatchNorm are around 0.5: with half of all units off, as around 0, every layer adds to small
    differences, and rounding (1e-7) becomes 5e-5 of the output's range in a ResNet-152 instead of 4e-7.
    """
    gains = {id(m.weight) for m in model.modules() if is_norm(m) and getattr(m, "weight", None) is not None}
    shifts = {id(m.bias) for m in model.modules() if is_batch_norm(m) and m.bias is not None}
    for parameter in model.parameters():
        if not parameter.is_floating_point() or parameter.numel() == 0:
            continue
        value = float(parameter.flatten()[0])
        if id(parameter) in gains:
            parameter.uniform_(0.7, 1.3)
        elif id(parameter) in shifts:
            parameter.normal_(0.5, 0.2)
        elif is_faint(parameter):
            is_matrix = sum(n > 1 for n in parameter.shape) >= 2
            parameter.normal_(0, parameter[0].numel() ** -0.5 if is_matrix else 0.1)
        elif bool((parameter != value).any()):
            if parameter.dim() <= 1:
                parameter.add_(torch.randn_like(parameter) * 0.02)
        elif abs(value) < 0.05:
            parameter.uniform_(0.2, 0.4)
        else:
            parameter.uniform_(0.7 * abs(value), 1.3 * abs(value)).mul_(1 if value > 0 else -1)


def is_faint(parameter: nn.Parameter) -> bool:
    """Whether it is zero, or a matrix that makes a hundredth of what it is given, as some heads do at first."""
    if not bool(parameter.any()):
        return True
    is_matrix = parameter.dim() == 2 and min(parameter.shape) > 1
    return is_matrix and float(parameter.std()) * parameter.shape[1] ** 0.5 < 0.03


def is_norm(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower()


def is_batch_norm(module: nn.Module) -> bool:
    return isinstance(module, nn.modules.batchnorm._BatchNorm)


def settle_norms(model: nn.Module, inputs: tuple) -> None:
    """Gives every BatchNorm the statistics of what reaches it, nearly: as after training.

    With the mean 0 and the variance 1 that they start with, deep models blow up or die out.
    """
    hooks = []
    settled = set()

    def settle(module, arguments):
        if id(module) in settled:
            return
        settled.add(id(module))
        x = arguments[0].transpose(0, 1).flatten(1)
        if x.shape[1] >= 4:
            mean, variance = x.mean(1), x.var(1)
        else:
            mean, variance = torch.zeros(x.shape[0]), x.square().mean().expand(x.shape[0])
        # a channel that is silent for this input is not to be blown up for others
        variance = variance.clamp(min=float(variance.mean()) * 0.05 + 1e-5)
        module.running_mean.copy_(mean + 0.1 * variance.sqrt() * torch.randn_like(mean))
        module.running_var.copy_(variance * (0.8 + 0.45 * torch.rand_like(variance)))

    for module in model.modules():
        if is_batch_norm(module) and module.running_mean is not None:
            hooks.append(module.register_forward_pre_hook(settle))
    if hooks:
        model(*(several(x) for x in inputs))
    for hook in hooks:
        hook.remove()


def several(x: torch.Tensor) -> torch.Tensor:
    """Four inputs instead of one, of other contrast and brightness each: noise alone looks the same from afar."""
    scale = torch.tensor([0.5, 1.0, 1.5, 1.0]).reshape(4, *[1] * (x.dim() - 1))
    shift = torch.randn(4, x.shape[1], *[1] * (x.dim() - 2))
    return torch.randn(4, *x.shape[1:]) * scale + shift

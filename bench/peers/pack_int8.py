#!/usr/bin/env python3
"""Weights as int8 by channel, with the dynamic quantization of ONNX Runtime's Python package.

    python pack_int8.py IN OUT

Products become integer products where ONNX Runtime has them: unlike a packed model, this one computes differently.
"""

import logging
import sys

from onnxruntime.quantization import QuantType, quantize_dynamic

if __name__ == "__main__":
    logging.disable()  # it recommends to preprocess
    quantize_dynamic(sys.argv[1], sys.argv[2], per_channel=True, weight_type=QuantType.QInt8)

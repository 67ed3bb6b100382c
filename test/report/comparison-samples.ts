import {
  type ComparisonReport,
  type DifferenceReport,
  type LayerDifferenceReport,
  NOTHING_MORE,
  type OutputDifferenceReport,
  type Report,
} from '../../src/report/report.js'
import { LENET, layer, model, TIMES, TOOL } from './lenet.js'

/** With layers: one of them causes most of the error. */
export function compareLayers(): Report {
  return {
    ...compared(comparison()),
    headlines: [
      '"/conv2/Conv" causes 93.0 % of the error: SQNR falls from 46.0 dB to 14.0 dB there.',
      'The outputs differ: SQNR 12.8 dB, top-1 agreement 90.6 % (95 % interval 81.0 % to 95.6 %) on 64 samples.',
      'To leave it as it is when the model is compressed: --exclude "/conv2/Conv"',
      'The inputs are made up: random?n=64. Real ones tell more: --data SPEC',
    ],
  }
}

/** Outputs only: several of them, one with NaN, others that one model lacks. */
export function compareOutputs(): Report {
  const boxes: OutputDifferenceReport = {
    ...output('boxes', 31.25),
    maxError: 'NaN',
    nonFinite: { model: 'b', value: 'NaN', sample: 3, element: 1_217 },
    agreement: null,
  }
  const outputs = [output('scores.of.the.third.detection.head', 22.1), boxes, { ...output('mask', 0), ...EQUAL }]
  return {
    ...compared({
      ...comparison(),
      outputs,
      layers: null,
      unmatched: null,
      culprit: null,
      skipped: [
        { target: 'aux1', why: 'an output of "lenet5.onnx" only' },
        { target: 'aux2', why: 'an output of "lenet5.onnx" only' },
        { target: 'features', why: 'its shape is [8,64] in A and [8,48] in B' },
      ],
    }),
    headlines: [
      'lenet5.int8.onnx gives NaN at output "boxes" (sample 3, element 1 217); the figures leave such elements out.',
      'Which layer it comes from: --layers',
      'Not compared: 3 values, listed with the reasons.',
    ],
  }
}

const EQUAL = { maxError: 0, meanError: 0, sqnrDb: 'Infinity', cosine: 1, agreement: null } as const

function compared(found: ComparisonReport): Report {
  const layers = LENET.map((weight) => layer(weight))
  return {
    ...NOTHING_MORE,
    schemaVersion: 1,
    tool: TOOL,
    command: 'compare',
    seed: 0,
    before: model('lenet5.onnx', layers, 236),
    after: model(
      'lenet5.int8.onnx',
      layers.map((l) => ({ ...l, dtype: 'int8', bytes: l.parameters })),
      236,
      { bytes: 66_201, nodes: 40 },
    ),
    data: [{ role: 'evaluation', spec: 'random?n=64', samples: 64 }],
    comparison: found,
    times: TIMES,
  }
}

function comparison(): ComparisonReport {
  const rows: readonly (readonly [node: string, op: string, from: number, at: number, local: number, share: number])[] =
    [
      ['/conv1/Conv', 'Conv', Infinity, 46.02, 46.02, 0.002],
      ['/relu1/Relu', 'Relu', 46.02, 47.4, Infinity, 0],
      ['/pool1/MaxPool', 'MaxPool', 47.4, 46, Infinity, 0],
      ['/conv2/Conv', 'Conv', 46, 14.0, 14.02, 0.93],
      ['/relu2/Relu', 'Relu', 14.0, 14.9, Infinity, 0],
      ['/pool2/MaxPool', 'MaxPool', 14.9, 15.2, Infinity, 0],
      ['/fc1/Gemm', 'Gemm', 15.2, 13.1, 28.4, 0.043],
      ['/relu3/Relu', 'Relu', 13.1, 13.6, Infinity, 0],
      ['/fc2/Gemm', 'Gemm', 13.6, 12.7, 31.0, 0.015],
      ['/relu4/Relu', 'Relu', 12.7, 13.1, Infinity, 0],
      ['/fc3/Gemm', 'Gemm', 13.1, 12.8, 33.3, 0.01],
    ]
  return {
    a: 'lenet5.onnx',
    b: 'lenet5.int8.onnx',
    samples: 64,
    outputs: [output('logits', 12.8)],
    layers: rows.map(
      ([node, op, from, at, local, share], i): LayerDifferenceReport => ({
        ...difference(i === rows.length - 1 ? 'logits' : `${node}_output_0`, at),
        node,
        op,
        matchedBy: 'name',
        span: op === 'Conv' ? 2 : 1,
        inputSqnrDb: finite(from),
        localSqnrDb: finite(local),
        share,
      }),
    ),
    unmatched: { a: 2, b: 20 },
    skipped: [],
    culprit: '/conv2/Conv',
  }
}

function output(name: string, sqnrDb: number): OutputDifferenceReport {
  return {
    ...difference(name, sqnrDb),
    agreement: { share: 0.90625, low: 0.80975, high: 0.95631, decisions: 64 },
  }
}

function difference(name: string, sqnrDb: number): DifferenceReport {
  return {
    name,
    elements: 640,
    maxError: Number((12.5 * 10 ** (-sqnrDb / 20)).toPrecision(6)),
    meanError: Number((1.75 * 10 ** (-sqnrDb / 20)).toPrecision(6)),
    maxMagnitude: 18.25,
    sqnrDb,
    cosine: Number(Math.sqrt(1 - 10 ** (-sqnrDb / 10) / 2).toPrecision(8)),
    nonFinite: null,
  }
}

function finite(db: number): number | 'Infinity' {
  return db === Infinity ? 'Infinity' : db
}

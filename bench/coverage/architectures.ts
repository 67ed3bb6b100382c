import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export const FAMILIES = ['torchvision', 'timm'] as const
export type Family = (typeof FAMILIES)[number]

export interface Architecture {
  readonly family: Family
  /** That of its builder, with what is made of it behind `#` or `@`; see zoo.py. */
  readonly name: string
}

export const EXPORTER = join('bench', 'coverage', 'export.py')

/** All of them, smaller ones first. */
export function architectures(python: string): Architecture[] {
  return execFileSync(python, [EXPORTER, 'list'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Architecture) // what export.py prints
}

/**
 * Whether the public record counts it: the 85 models of torchvision 0.13.1 that the log in the repository of
 * Torch-Pruning is about (benchmarks/prunability/readme.md: 77 pruned and 8 not; a later state says 81 and 4). Its
 * script gives one input to each pruned model and looks at the shape of the output.
 */
export function isInRecord({ family, name }: Architecture): boolean {
  return family === 'torchvision' && RECORD.has(name.replace('#core', ''))
}

const RECORD: ReadonlySet<string> = new Set(
  `alexnet
  convnext_base convnext_large convnext_small convnext_tiny
  deeplabv3_mobilenet_v3_large deeplabv3_resnet101 deeplabv3_resnet50
  densenet121 densenet161 densenet169 densenet201
  efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6
  efficientnet_b7 efficientnet_v2_l efficientnet_v2_m efficientnet_v2_s
  fasterrcnn_mobilenet_v3_large_320_fpn fasterrcnn_mobilenet_v3_large_fpn fasterrcnn_resnet50_fpn
  fasterrcnn_resnet50_fpn_v2 fcn_resnet101 fcn_resnet50 fcos_resnet50_fpn
  googlenet inception_v3 keypointrcnn_resnet50_fpn lraspp_mobilenet_v3_large maskrcnn_resnet50_fpn_v2
  mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3 mobilenet_v2 mobilenet_v3_large mobilenet_v3_small
  raft_large
  regnet_y_128gf regnet_y_16gf regnet_y_1_6gf regnet_y_32gf regnet_y_3_2gf regnet_y_400mf regnet_y_800mf regnet_y_8gf
  resnet101 resnet152 resnet18 resnet34 resnet50 resnext101_32x8d resnext50_32x4d retinanet_resnet50_fpn_v2
  shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0
  squeezenet1_0 squeezenet1_1 ssd300_vgg16 ssdlite320_mobilenet_v3_large
  swin_b swin_s swin_t
  vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn
  vit_b_16 vit_b_32 vit_h_14 vit_l_16 vit_l_32
  wide_resnet101_2 wide_resnet50_2`.split(/\s+/),
)

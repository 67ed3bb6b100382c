import { attention } from './attention.js'
import { chains } from './chains.js'
import { channels } from './channels.js'
import { concat } from './concat.js'
import { control } from './control.js'
import { dense } from './dense.js'
import { elementwise } from './elementwise.js'
import { fused } from './fused.js'
import { gates } from './gates.js'
import { grouped } from './grouped.js'
import { hindrances } from './hindrances.js'
import { joins } from './joins.js'
import { misaligned } from './misaligned.js'
import { norms } from './norms.js'
import { rare } from './rare.js'
import { recurrent } from './recurrent.js'
import { residual } from './residual.js'
import { spatial } from './spatial.js'
import { storage } from './storage.js'
import { tokens } from './tokens.js'
import type { Topology } from './topology.js'

/** All that random models are made of. */
export const topologies: readonly Topology[] = [
  ...residual,
  ...concat,
  ...elementwise,
  ...grouped,
  ...norms,
  ...gates,
  ...attention,
  ...tokens,
  ...spatial,
  ...channels,
  ...dense,
  ...recurrent,
  ...storage,
  ...control,
  ...hindrances,
  ...joins,
  ...fused,
  ...misaligned,
  ...rare,
  ...chains,
]

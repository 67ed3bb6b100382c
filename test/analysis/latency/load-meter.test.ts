import assert from 'node:assert/strict'
import { availableParallelism, cpus } from 'node:os'
import { LoadMeter } from '../../../src/analysis/latency/load-meter.js'

describe('LoadMeter', () => {
  it('tells between none and all of the cores, or that it cannot', async () => {
    const meter = new LoadMeter()
    await new Promise((resolve) => setTimeout(resolve, 50))

    const others = meter.othersCores()

    // The system counts in ticks of 10 ms for each core, of which one may be too many.
    const most = Math.max(availableParallelism(), cpus().length)
    assert.ok(others === null || (others >= 0 && others <= 1.5 * most), String(others))
  })
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { assertDone, assertRefused, mcompress, place, type RunOptions, workFolder } from './cli.js'

/** Root may write everywhere. */
const NOBODY = 65534
const asUser: Pick<RunOptions, 'uid'> = process.getuid?.() === 0 ? { uid: NOBODY } : {}

describe('Where mcompress cannot write', () => {
  const folder = workFolder()
  const prune = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    mcompress(['prune', ...args], { cwd: folder.path, ...options })

  beforeEach(() => place(folder.path, 'lenet5.onnx'))

  it('it names the folder that is read-only', async function () {
    // In some containers nobody but root may read the repository.
    if ('uid' in asUser && (await mcompress(['--version'], { cwd: '/', ...asUser })).code !== 0) this.skip()
    mkdirSync(folder.file('locked'))
    chmodSync(folder.path, 0o755)
    chmodSync(folder.file('locked'), 0o555)

    const model = await prune(['lenet5.onnx', '-o', 'locked/out.onnx'], asUser)
    const report = await prune(['lenet5.onnx', '--dry-run', '--report', 'locked/a.json'], asUser)

    assertRefused(model, 74, /Cannot write into the folder ".*locked": permission denied\.\n {2}Choose another place/)
    assertRefused(report, 74, /Cannot write the report "locked\/a\.json": permission denied\./)
    assert.deepEqual(readdirSync(folder.file('locked')), [])
  })

  it('it says so of a folder that is missing, and of a target that is a folder', async () => {
    mkdirSync(folder.file('out'))
    const names = folder.names()

    assertRefused(
      await prune(['lenet5.onnx', '-o', 'no/out.onnx']),
      74,
      /Cannot enter the folder "no".*\n.*mkdir -p "no"/,
    )
    assertRefused(await prune(['lenet5.onnx', '-o', 'out']), 74, /"out": it is a folder\.\n {2}.*-o "out\/model\.onnx"/)
    assertRefused(await prune(['lenet5.onnx', '-o', 'out/']), 74, /it is a folder/)
    assertRefused(await prune(['lenet5.onnx', '-o', 'lenet5.onnx/x']), 74, /"lenet5\.onnx".*is no folder|not a folder/)
    assertRefused(await prune(['lenet5.onnx', '--report', 'no/a.md']), 74, /there is no folder "no"\.\n.*mkdir -p "no"/)
    assert.deepEqual(folder.names(), names)
  })

  it('it replaces no device', async () => {
    const ran = await prune(['lenet5.onnx', '-o', '/dev/null'])

    assertRefused(ran, 74, /"\/dev\/null": it is no regular file\.\n.*--dry-run/)
    assert.ok(statSync('/dev/null').isCharacterDevice())
  })

  it('it leaves the earlier output when the device is full', async function () {
    mkdirSync(folder.file('small'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.file('small')])
    if (mounted.status !== 0) {
      // Only root can mount, and not in every container.
      this.skip()
    }
    try {
      place(folder.file('small'), 'generated/gemm.onnx')
      const there = readFileSync(folder.file('small/gemm.onnx'))

      const ran = await prune(['lenet5.onnx', '-o', 'small/gemm.onnx'])

      assertRefused(ran, 74, /Cannot write "small\/gemm\.onnx": no space left on the device\.\n {2}Free some space/)
      assert.deepEqual(readdirSync(folder.file('small')), ['gemm.onnx'])
      assert.ok(readFileSync(folder.file('small/gemm.onnx')).equals(there))
    } finally {
      spawnSync('umount', [folder.file('small')])
    }
  })

  it('it keeps the permissions of what it replaces', async () => {
    chmodSync(folder.file('lenet5.onnx'), 0o640)

    assertDone(await prune(['lenet5.onnx', '--in-place', '-q']))

    assert.equal(statSync(folder.file('lenet5.onnx')).mode & 0o777, 0o640)
  })
})

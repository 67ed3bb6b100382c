import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { mcompress, place, workFolder } from './cli.js'

/** Data that never end; the first file says that they are being read. */
const ENDLESS = `import { writeFileSync } from 'node:fs'
export default async function* () {
  for (;;) {
    yield { image: new Float32Array(784), label: 1 }
    writeFileSync('reading', '')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
`
/** The same, without ever letting go of the thread. */
const STUCK = `import { writeFileSync } from 'node:fs'
export default function* () {
  writeFileSync('reading', '')
  for (;;);
}
`

describe('A signal', () => {
  const folder = workFolder()
  const temporary = () => readdirSync(tmpdir()).filter((name) => /^mcompress-\w{6}$/.test(name))

  /** Prunes with data that never end, and sends signals once they are read. */
  async function interrupted(data: string, signals: readonly NodeJS.Signals[], apartMs = 200) {
    place(folder.path, 'lenet5.onnx')
    writeFileSync(folder.file('data.mjs'), data)
    const names = folder.names()
    const before = temporary()
    let left: string[] = []
    const send = async (child: ChildProcess) => {
      while (!existsSync(folder.file('reading')) && child.exitCode === null) await pause(20)
      left = folder.names()
      for (const signal of signals) {
        child.kill(signal)
        await pause(apartMs)
      }
    }
    const started = Date.now()
    const ran = await mcompress(['prune', 'lenet5.onnx', '-o', 'out.onnx', '--eval-data', 'data.mjs'], {
      cwd: folder.path,
      onStart: (child) => void send(child),
    })
    return { ran, names, left, ms: Date.now() - started, temporary: [before, temporary()] }
  }

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const) {
    it(`${signal} stops the work with exit code ${code}, and leaves nothing behind`, async () => {
      const { ran, names, left, temporary } = await interrupted(ENDLESS, [signal])

      assert.equal(ran.code, code)
      assert.equal(ran.stdout, '')
      assert.equal(ran.stderr, 'Error: Stopped; nothing was written.\n')
      assert.ok(
        left.some((name) => name.endsWith('.tmp')),
        'the result was written, but had no name yet',
      )
      assert.deepEqual(
        folder.names().filter((name) => name !== 'reading'),
        names,
      )
      assert.deepEqual(temporary[1], temporary[0])
    })
  }

  it('ends within three seconds what does not stop by itself', async () => {
    const { ran, names, ms } = await interrupted(STUCK, ['SIGINT'])

    assert.equal(ran.code, 130)
    assert.ok(ms < 8000, `${ms} ms`)
    assert.deepEqual(
      folder.names().filter((name) => name !== 'reading'),
      names,
    )
  })

  it('ends it at once when it comes twice', async () => {
    const { ran, names } = await interrupted(STUCK, ['SIGINT', 'SIGINT'], 50)

    assert.equal(ran.code, 130)
    assert.deepEqual(
      folder.names().filter((name) => name !== 'reading'),
      names,
    )
  })

  it('stops waiting for a model from stdin', async () => {
    const before = temporary()

    const ran = await mcompress(['prune', '-', '-o', 'out.onnx'], {
      cwd: folder.path,
      stdin: 'open',
      onStart: async (child) => {
        while (temporary().length === before.length && child.exitCode === null) await pause(20)
        child.kill('SIGINT')
      },
    })

    assert.equal(ran.code, 130)
    assert.deepEqual(temporary(), before)
    assert.deepEqual(folder.names(), [])
  })
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { COMMANDS } from '../../src/commands/index.js'
import { assertDone, mcompress, type Ran } from './cli.js'
import { assertGolden } from './golden.js'

const HERE = { cwd: '.' }
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Without what differs between versions and machines. */
function settled({ stdout }: Ran): string {
  return stdout.replaceAll(/mcompress\/\S+ \S+ node-v\S+/g, 'mcompress/VERSION PLATFORM NODE')
}

describe('mcompress --help', () => {
  it('lists the commands', async () => {
    const ran = await mcompress(['--help'], HERE)

    assertDone(ran)
    assertGolden('help/mcompress.txt', settled(ran))
  })

  for (const id of Object.keys(COMMANDS)) {
    const words = id.split(':')
    it(`tells all of ${words.join(' ')}, in 80 columns`, async () => {
      const ran = await mcompress([...words, '--help'], HERE)

      assertDone(ran)
      assertGolden(`help/${words.join('-')}.txt`, ran.stdout)
      assert.deepEqual(
        ran.stdout.split('\n').filter((line) => line.length > 80),
        [],
      )
    })
  }

  it('has no page of a command that is gone', () => {
    const names = ['mcompress', ...Object.keys(COMMANDS).map((id) => id.replaceAll(':', '-'))]
    assert.deepEqual(readdirSync('test/commands/golden/help').sort(), names.map((name) => `${name}.txt`).sort())
  })

  it('is also what -h, help and no argument at all give', async () => {
    const [long, short, word, nothing] = await Promise.all(
      [['--help'], ['-h'], ['help'], []].map((args) => mcompress(args, HERE)),
    )

    assert.ok(long)
    for (const other of [short, word, nothing]) assert.deepEqual(other, long)
  })

  it('is asked for a command in three ways', async () => {
    const [long, short, word] = await Promise.all(
      [
        ['inspect', '--help'],
        ['inspect', '-h'],
        ['help', 'inspect'],
      ].map((args) => mcompress(args, HERE)),
    )

    assert.match(long?.stdout ?? '', /USAGE\n {2}\$ mcompress inspect MODEL/)
    assert.deepEqual(short, long)
    assert.deepEqual(word, long)
  })

  it('says nothing else, whatever NODE_ENV is', async () => {
    const ran = await mcompress(['--help'], { ...HERE, env: { NODE_ENV: 'development' } })

    assertDone(ran)
    assert.equal(ran.stderr, '')
  })
})

describe('mcompress --version', () => {
  it('is that of the package, and of Node.js', async () => {
    const ran = await mcompress(['--version'], HERE)

    assertDone(ran)
    assert.equal(ran.stdout, `mcompress/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
  })
})

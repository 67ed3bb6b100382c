import assert from 'node:assert/strict'
import { outputOf } from '../../../../fixtures/sketch.js'
import type { Value } from '../../../../src/ir/graph.js'
import { Net, namesOf, residualsOf, resnet, TRANSFORMER, transformer } from './nets.js'

describe('residualBlocks', () => {
  it('finds the blocks of a ResNet, and not the one with a projection', async () => {
    const { blocks, refused } = await residualsOf(resnet())
    assert.deepEqual(
      blocks.map(({ name }) => name),
      ['a1.2', 'a2.2', 'b1.2', 'b2.2'],
    )
    assert.deepEqual(refused, [])
  })

  it('says what a block is made of and what it costs', async () => {
    const [block] = (await residualsOf(resnet())).blocks
    assert.ok(block)
    assert.deepEqual(
      block.nodes.map(({ name }) => name),
      ['a1.1', 'a1.relu', 'a1.2'],
    )
    assert.equal(block.macs, 2 * (2 * 4 * 36) * (4 * 9)) // two convolutions: outputs times inputs of each
    assert.equal(block.bytes, 2 * 4 * (4 * 4 * 9))
    assert.equal(block.sum.name, 'a1.sum')
    assert.equal(block.skip, 1)
    assert.equal(block.within, null)
    for (const name of ['a1.1', 'a1.1.w', 'a1.2.out']) assert.ok(block.names.includes(name), name)
  })

  it('finds attention and MLP of each layer of a transformer, and no block in the GELU', async () => {
    const { blocks, refused } = await residualsOf(transformer())
    assert.deepEqual(
      blocks.map(({ sum }) => sum.name),
      TRANSFORMER.map((name) => `${name}.sum`),
    )
    assert.deepEqual(
      blocks.map(({ name }) => name),
      TRANSFORMER.map((name) => `${name}.out`),
    )
    assert.ok(blocks.every(({ within }) => within === null))
    const mlp = blocks[1]?.nodes.map(({ name }) => name) ?? []
    assert.ok(mlp.includes('l1.mlp.cubic') && mlp.includes('l1.mlp.norm'), `${mlp}`)
    assert.deepEqual(refused, [])
  })

  it('finds blocks in blocks, gives each its own nodes, and leaves out sums of nothing but blocks', async () => {
    const net = new Net()
    const x = net.conv('stem', net.input([1, 3, 4, 4]), 3, 4)
    const inner = net.add('inner.sum', x, net.conv('inner', x, 4))
    const outer = net.add('outer.sum', net.conv('outer', inner, 4), x)
    const first = net.residual('r1', outer, 4)
    const both = net.add('both.sum', outer, net.residual('r2', first, 4))
    net.output(net.conv('head', both, 4, 2))
    const { blocks } = await residualsOf(net.model)
    assert.deepEqual(
      blocks.map(({ name, within }) => [name, within?.name ?? null]),
      [
        ['inner', 'outer'],
        ['outer', null],
        ['r1.2', null],
        ['r2.2', null],
      ],
    )
    assert.deepEqual(
      blocks[1]?.nodes.map(({ name }) => name),
      ['inner.sum', 'outer'],
    )
  })

  it('knows no block whose inner value is read elsewhere', async () => {
    const draw = (read: (net: Net, inner: Value) => void) => {
      const net = new Net()
      const x = net.conv('stem', net.input([1, 3, 4, 4]), 3, 4)
      const inner = net.conv('first', x, 4)
      const sum = net.add('sum', x, net.conv('second', inner, 4))
      net.output(net.conv('head', sum, 4, 2))
      read(net, inner)
      return net.model
    }
    assert.deepEqual(await namesOf(draw(() => {})), ['second'])
    assert.deepEqual(await namesOf(draw((net, inner) => net.output(inner, 'also'))), [])
    assert.deepEqual(await namesOf(draw((net, inner) => net.output(net.relu('other', inner), 'also'))), [])
  })

  it('sees what is read inside of a body', async () => {
    const net = new Net()
    const x = net.conv('stem', net.input([1, 3, 4, 4]), 3, 4)
    const inner = net.conv('first', x, 4)
    const condition = net.sketch.input('c', [], 'bool')
    const sum = net.add('sum', x, net.conv('second', inner, 4))
    const choose = net.sketch.nodeOf('If', 'choose', [condition], ['chosen'])
    net.sketch.body(choose, 'then_branch', (s) => s.output('t', s.node('Relu', 'then', [inner]), null))
    net.sketch.body(choose, 'else_branch', (s) => s.output('e', s.node('Neg', 'else', [sum]), null))
    net.output(outputOf(choose), 'y', 4)
    net.output(net.conv('head', sum, 4, 2), 'z', 4)
    assert.deepEqual(await namesOf(net.model), [])
  })

  it('counts a body among the nodes of a block, with its weights', async () => {
    const net = new Net()
    const x = net.conv('stem', net.input([1, 3, 4, 4]), 3, 4)
    const condition = net.sketch.input('c', [], 'bool')
    const choose = net.sketch.nodeOf('If', 'choose', [condition], ['chosen'])
    net.sketch.body(choose, 'then_branch', (s) =>
      s.output('t', s.node('Conv', 'then', [x, s.weight('then.w', [4, 4, 1, 1])]), null),
    )
    net.sketch.body(choose, 'else_branch', (s) => s.output('e', s.node('Neg', 'else', [x]), null))
    net.output(net.conv('head', net.add('sum', outputOf(choose), x), 4, 2), 'y', 4)
    const { blocks } = await residualsOf(net.model)
    assert.deepEqual(
      blocks.map(({ name, macs, bytes }) => ({ name, macs, bytes })),
      [{ name: 'choose', macs: 4 * 4 * 16, bytes: 4 * 16 }],
    )
  })

  it('counts a constant that others read, too, for none of them', async () => {
    const net = new Net()
    let x = net.conv('stem', net.input([1, 3, 4, 4]), 3, 4)
    for (const name of ['p', 'q']) x = net.add(`${name}.sum`, x, net.conv(name, x, 4, 4, 'shared.w'))
    net.output(net.conv('head', x, 4, 2))
    const { blocks } = await residualsOf(net.model)
    assert.deepEqual(
      blocks.map(({ name, bytes }) => [name, bytes]),
      [
        ['p', 0],
        ['q', 0],
      ],
    )
  })

  it('counts what blocks inside of a block share for the outer one', async () => {
    const net = new Net()
    const x = net.conv('stem', net.input([1, 3, 4, 4]), 3, 4)
    let at = net.conv('first', x, 4)
    for (const name of ['p', 'q']) at = net.add(`${name}.sum`, at, net.conv(name, at, 4, 4, 'shared.w'))
    net.output(net.conv('head', net.add('sum', x, at), 4, 2))
    const { blocks } = await residualsOf(net.model)
    assert.deepEqual(
      blocks.map(({ name, bytes }) => [name, bytes]),
      [
        ['p', 0],
        ['q', 0],
        ['first', 2 * 4 * 4 * 4 * 9],
      ],
    )
  })

  it('finds none in a DenseNet block, in a plain chain, and in sums of branches', async () => {
    const dense = new Net()
    let x = dense.conv('stem', dense.input([1, 3, 4, 4]), 3, 4)
    for (const [i, width] of [4, 6, 8].entries()) {
      x = dense.node('Concat', `cat${i}`, [x, dense.conv(`grow${i}`, x, width, 2)], { axis: 1 })
    }
    dense.output(dense.conv('head', x, 10, 2))
    assert.deepEqual(await namesOf(dense.model), [])

    const branches = new Net()
    const y = branches.conv('stem', branches.input([1, 3, 4, 4]), 3, 4)
    const sum = branches.add('sum', branches.conv('left', y, 4), branches.conv('right', y, 4))
    branches.output(branches.conv('head', sum, 4, 2))
    assert.deepEqual(await namesOf(branches.model), [])
  })

  it('finds none where the other operand only asks for the shape', async () => {
    const net = new Net()
    const input = net.input([1, 3, 4, 4])
    const fine = net.conv('fine', input, 3, 4)
    const coarse = net.conv('coarse', input, 3, 4)
    const resized = net.node('Reshape', 'resized', [net.conv('up', coarse, 4), net.node('Shape', 'size', [fine])])
    net.output(net.conv('head', net.add('sum', fine, resized), 4, 2))
    assert.deepEqual(await namesOf(net.model), [])
  })

  it('refuses a sum that stretches x, and says so', async () => {
    const net = new Net()
    const x = net.node('GlobalAveragePool', 'pool', [net.conv('stem', net.input([1, 3, 4, 4]), 3, 4)])
    const wide = net.node('Expand', 'wide', [
      net.node('Conv', 'gate', [x, net.weight('gate.w', [4, 4, 1, 1])]),
      net.ints('extents', [1, 4, 4, 4]),
    ])
    net.output(net.conv('head', net.add('sum', x, wide), 4, 2))
    const { blocks, refused } = await residualsOf(net.model)
    assert.deepEqual(blocks, [])
    assert.deepEqual(refused, [{ target: 'sum', why: 'it is [1,4,4,4], what it would be replaced by [1,4,1,1]' }])
  })

  it('refuses a sum that stretches x in other runs than that with one sample', async () => {
    const net = new Net()
    const tokens = net.input(['N', 5, 3])
    const one = net.node('ReduceMean', 'one', [tokens], { axes: [0], keepdims: 1 })
    const x = net.linear('embed', one, 3, 8)
    const mixed = net.add('mixed', net.linear('f', x, 8, 8), net.linear('g', tokens, 3, 8))
    net.output(net.linear('head', net.add('sum', x, mixed), 8, 4), 'y', 3)
    const { blocks, refused } = await residualsOf(net.model)
    assert.deepEqual(
      blocks.map(({ name }) => name),
      [],
    )
    assert.deepEqual(
      refused.map(({ target }) => target),
      ['sum'],
    )
  })

  it('refuses to take all that there is', async () => {
    const net = new Net()
    const x = net.input([1, 3, 4, 4])
    const body = net.conv('last', net.residual('inner', net.conv('first', x, 3, 4), 4), 4, 3)
    net.output(net.add('global', x, body))
    const { blocks, refused } = await residualsOf(net.model)
    assert.deepEqual(
      blocks.map(({ name }) => name),
      ['inner.2'],
    )
    assert.deepEqual(refused, [{ target: 'global', why: 'all products of the model lie in its residual branch' }])
  })

  it('takes time in proportion to the blocks', async function () {
    this.timeout(20_000)
    const net = new Net()
    let x = net.conv('stem', net.input([1, 3, 2, 2]), 3, 1)
    for (let i = 0; i < 2000; i++) x = net.add(`sum${i}`, x, net.conv(`c${i}`, x, 1, 1, 'shared.w'))
    net.output(net.conv('head', x, 1, 2))
    const { blocks } = await residualsOf(net.model)
    assert.equal(blocks.length, 2000)
  })
})

import assert from 'node:assert/strict'
import { Space, type UnitAxis } from '../../../src/analysis/dependencies/space.js'

const WHY = { node: 'n', why: 'a test says so' }

describe('the space of axes', () => {
  it('ties two axes element by element, and what is tied to them', () => {
    const space = new Space()
    const [a, b, c] = [space.free(3), space.free(3), space.free(3)]

    space.tie(a, b)
    space.tie(b, c)

    assert.equal(named(space, a, c), '012 012')
  })

  it('keeps what is tied to an axis that nothing can go of', () => {
    const space = new Space()
    const a = space.free(2)

    space.tie(a, space.fixed(2, WHY))

    assert.equal(named(space, a), '..')
    assert.deepEqual(space.units.hindranceOf(a.elements?.[1] ?? -1), WHY)
  })

  it('prunes the factor of a product that can be pruned, and whole blocks of the product with it', () => {
    const space = new Space()
    const whole = space.free(6)
    const [outer, inner] = space.split(whole, [2, 3]) as [UnitAxis, UnitAxis]
    space.keep(outer, WHY)

    space.settle('heads')

    assert.equal(named(space, whole, inner, outer), '012012 012 ..')
  })

  it('prunes the longer factor where both can be pruned, and heads before it', () => {
    const cut = (preference: 'heads' | 'widths') => {
      const space = new Space()
      const whole = space.free(6)
      const [heads, widths] = space.split(whole, [2, 3]) as [UnitAxis, UnitAxis]
      space.heads(heads)
      space.settle(preference)
      return named(space, whole, heads, widths)
    }

    assert.equal(cut('heads'), '000111 01 ...')
    assert.equal(cut('widths'), '012012 .. 012')
  })

  it('prunes the same factor of products that share it', () => {
    const space = new Space()
    const [q, k] = [space.free(6), space.free(6)]
    const [h, d] = space.split(q, [2, 3]) as [UnitAxis, UnitAxis]
    const [h2, d2] = space.split(k, [2, 3]) as [UnitAxis, UnitAxis]
    space.tie(h, h2)
    space.keep(d2, WHY)

    space.settle('widths')

    assert.equal(named(space, q, k, d), '000111 000111 ...')
  })

  it('keeps a block of which one element must stay', () => {
    const space = new Space()
    const whole = space.free(6)
    const [outer] = space.split(whole, [3, 2]) as [UnitAxis, UnitAxis]
    space.keep(space.select(whole, [3]), WHY)

    space.settle('heads')

    assert.equal(named(space, whole, outer), '00..11 0.1')
  })

  it('repeats the elements of the one factor of a merged axis that has any', () => {
    const space = new Space()
    const channels = space.free(3)

    const merged = space.merge([space.fixed(2, WHY), channels, space.fixed(2, WHY)])

    assert.equal(named(space, channels, merged), '012 001122001122')
  })

  it('knows an axis again that was split and merged', () => {
    const space = new Space()
    const whole = space.free(6)
    const again = space.merge(space.split(whole, [2, 3]) as UnitAxis[])

    space.settle('heads')

    assert.equal(named(space, whole, again), '012012 012012')
  })

  it('joins what may go with what has to stay', () => {
    const space = new Space()
    const a = space.free(2)

    const joined = space.join([a, space.fixed(2, WHY), space.select(a, [1, 0])])

    assert.equal(named(space, a, joined), '01 01..10')
  })

  it('does not tie axes of different sizes', () => {
    const space = new Space()

    assert.throws(() => space.tie(space.free(2), space.free(3)), /2 and 3/)
  })
})

/** A digit for each class in the order of their first elements; a dot for what stays. */
function named({ units }: Space, ...axes: readonly UnitAxis[]): string {
  const names = new Map<number, number>()
  const name = (element: number) => {
    if (units.isKept(element)) return '.'
    const root = units.find(element)
    if (!names.has(root)) names.set(root, names.size)
    return String(names.get(root))
  }
  return axes.map(({ size, elements }) => (elements ? [...elements].map(name).join('') : '.'.repeat(size))).join(' ')
}

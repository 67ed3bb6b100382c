/**
 * Names without what all of them begin with, in whole parts: of `model.layers.0.fc1` and `model.layers.1.fc1` the
 * `model.layers.` tells nothing, and in a chart takes the room of what does.
 */
export function withoutCommonStart(names: readonly string[]): readonly string[] {
  const [first = ''] = names
  if (names.length < 2) return names
  let common = first.length
  for (const name of names) while (!name.startsWith(first.slice(0, common))) common--
  const end = Math.max(...['.', '/', ':'].map((mark) => first.lastIndexOf(mark, common - 1))) + 1
  return end > 3 && names.every((name) => name.length > end) ? names.map((name) => `…${name.slice(end)}`) : names
}

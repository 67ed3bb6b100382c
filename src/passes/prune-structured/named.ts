const SHOWN = 3

/** `conv1, conv2, conv3 and 4 more` */
export function named(names: readonly string[], shown = SHOWN): string {
  const more = names.length - shown
  return more > 0 ? `${names.slice(0, shown).join(', ')} and ${more} more` : names.join(', ')
}

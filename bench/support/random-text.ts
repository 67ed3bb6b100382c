import type { Rng } from '../../src/data/rng.js'

/** Short texts as they stand on labels, forms, receipts and signs: words, names, amounts, dates, codes. */
const KINDS: readonly { readonly share: number; readonly make: (rng: Rng) => string }[] = [
  { share: 6, make: (rng) => sentence(rng, 2 + rng.below(4)) },
  { share: 3, make: word },
  { share: 2, make: (rng) => capitalised(word(rng)) },
  { share: 2, make: (rng) => sentence(rng, 1 + rng.below(3)).toUpperCase() },
  { share: 2, make: (rng) => `${capitalised(name(rng))} ${capitalised(name(rng))}` },
  { share: 2, make: (rng) => `${word(rng)}: ${pick(rng, ['$', '€ ', ''])}${amount(rng)}` },
  { share: 1, make: (rng) => `${pick(rng, MONTHS)} ${1 + rng.below(28)}, ${1990 + rng.below(40)}` },
  { share: 1, make: (rng) => `${2 + rng.below(97)} ${capitalised(name(rng))} ${pick(rng, ['St.', 'Road', 'Ave'])}` },
  { share: 1, make: (rng) => `${name(rng)}@${name(rng)}.${pick(rng, ['com', 'org', 'net'])}` },
  { share: 1, make: (rng) => `www.${name(rng)}${pick(rng, ['.com', '.org/', '.eu/'])}` },
  { share: 1, make: (rng) => `${code(rng, 2)}-${digits(rng, 4)}${code(rng, 1)}` },
  { share: 1, make: (rng) => `No. ${digits(rng, 3)}/${digits(rng, 2)}` },
]
const TOTAL = KINDS.reduce((sum, { share }) => sum + share, 0)

const MONTHS = ['Jan', 'Feb', 'March', 'April', 'May', 'June', 'July', 'Aug', 'Sept', 'Oct', 'Nov', 'Dec'] as const

const WORDS =
  `about account address after amount article balance before between black board book bottle bread bright building
  cancel centre change charge chicken coffee colour company contact content copy country credit customer daily date
  delivery department discount door double email empty energy engine entrance exit export family figure filter final
  first fish floor follow form fresh garden general glass good green group half handle heavy height history hotel hour
  house image import inside invoice island item journal kitchen label language large later letter level light limit
  line list local machine market material meat member message milk minute model money month morning mountain music
  name natural near night north number office oil only open orange order organic other page paper part payment people
  phone picture place please point police power press price print private product public quality question quick rain
  range receipt record red report rest return river road room safety sale salt school second section service ship
  short sign simple size small south special standard start station street sugar summer system table tax telephone
  temperature theatre ticket time today total tower town track train travel under until update value village visit
  volume water week weight welcome west white window winter wood work world year yellow young`.split(/\s+/)

const ONSETS = 'b br c ch d dr f g gr h j k l m n p pr qu r s sh st t tr v w y z'.split(' ')
const VOWELS = 'a e i o u ai ea ee ou y'.split(' ')
const CODAS = ['', '', '', 'n', 'r', 's', 't', 'l', 'm', 'ck', 'nd']

/** One text of 3 to about 40 characters, ASCII and the euro sign. */
export function randomText(rng: Rng): string {
  let at = rng.below(TOTAL)
  for (const { share, make } of KINDS) {
    if (at < share) return make(rng)
    at -= share
  }
  throw new Error('The shares do not add up.')
}

export function pick<T>(rng: Rng, choices: readonly T[]): T {
  const chosen = choices[rng.below(choices.length)]
  if (chosen === undefined) throw new RangeError('There is nothing to pick from.')
  return chosen
}

function word(rng: Rng): string {
  return pick(rng, WORDS)
}

function sentence(rng: Rng, words: number): string {
  const text = Array.from({ length: words }, () => word(rng)).join(' ')
  return capitalised(text) + pick(rng, ['', '', '.', ',', '?', '!', ':'])
}

/** Of syllables: pronounceable, and in no list. */
function name(rng: Rng): string {
  const syllables = 2 + rng.below(2)
  return Array.from({ length: syllables }, () => pick(rng, ONSETS) + pick(rng, VOWELS) + pick(rng, CODAS)).join('')
}

function amount(rng: Rng): string {
  return `${1 + rng.below(500)}.${digits(rng, 2)}`
}

function digits(rng: Rng, count: number): string {
  return Array.from({ length: count }, () => rng.below(10)).join('')
}

function code(rng: Rng, count: number): string {
  return Array.from({ length: count }, () => pick(rng, [...'ABCDEFGJKLMPQRTUVWY'])).join('')
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

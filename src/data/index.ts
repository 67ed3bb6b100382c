/** The formats that data can be given in, in the order in which they are tried. */
export { csv } from './csv.js'
export { idx } from './idx.js'
export { images } from './images.js'
export { jsonl } from './jsonl.js'
export { module } from './module.js'
export { npy } from './npy.js'
export { npz } from './npz.js'
export { random } from './random.js'

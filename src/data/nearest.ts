export { didYouMean, nearest } from '../errors.js'

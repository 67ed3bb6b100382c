export * from '../../ir/float16.js'

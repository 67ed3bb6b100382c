#!/usr/bin/env node
import module from 'node:module'

// Node.js 22 and later keep what they have compiled: a quicker start from the second time on.
module.enableCompileCache?.()
const { main } = await import('../dist/src/commands/main.js')
await main(process.argv.slice(2), import.meta.url)

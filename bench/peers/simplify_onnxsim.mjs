#!/usr/bin/env node
// Simplifies a model with the npm package onnxsim: node simplify_onnxsim.mjs PACKAGE INPUT OUTPUT
import { readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'

const [, , packageFile, input, output] = process.argv
const { simplify } = await import(pathToFileURL(packageFile).href)
const { model } = await simplify(await readFile(input))
await writeFile(output, model)

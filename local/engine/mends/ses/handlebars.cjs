// Renders Handlebars for handlebars.py: one JSON request a line on stdin, one JSON answer a line on stdout.
//   {"parts": {name: source}, "data": object}  ->  {"parts": {name: text}} | {"missing": path, at} | {"error": message, at}
//   {"parts": {name: source}}                  ->  {} | {"error": message, at}        (is it valid?)
// `at` is the part's name and the line in it: 0 where Handlebars names none.
// Ends when stdin does, so it never outlives the engine.
'use strict'

const { createInterface } = require('node:readline')
const Handlebars = require('handlebars')

Handlebars.unregisterHelper('log') // stdout carries the answers

// strict: SES fails on an attribute that is not there. noEscape: SES escapes no HTML (see templates.py).
const OPTIONS = { strict: true, noEscape: true }
const COMPILED = new Map()
const MOST_COMPILED = 500

function compiled (source) {
  let template = COMPILED.get(source)
  if (!template) {
    template = Handlebars.compile(source, OPTIONS)
    if (COMPILED.size >= MOST_COMPILED) COMPILED.delete(COMPILED.keys().next().value)
    COMPILED.set(source, template)
  }
  return template
}

class Partials extends Handlebars.Visitor {
  constructor () {
    super()
    this.defined = new Set()
    this.used = []
  }

  DecoratorBlock (node) {
    if (node.path.original === 'inline') this.defined.add(node.params[0].value)
    super.DecoratorBlock(node)
  }

  PartialStatement (node) {
    if (node.name.type === 'PathExpression') this.used.push(node.name.original)
    super.PartialStatement(node)
  }
}

function validate (source) {
  const partials = new Partials()
  partials.accept(Handlebars.parse(source))
  for (const name of partials.used) {
    if (!partials.defined.has(name)) throw new Error(`The partial ${name} could not be found`)
  }
  Handlebars.precompile(source, OPTIONS)
}

function missingPath (error, source) {
  if (!/^".*" not defined in /.test(error.message)) return undefined
  return source.split('\n')[error.lineNumber - 1].slice(error.column, error.endColumn)
}

function lineOf (error) {
  const named = /^Parse error on line (\d+):/.exec(error.message)
  return error.lineNumber ?? (named ? Number(named[1]) : 0)
}

function answer ({ parts, data }) {
  const rendered = {}
  for (const [name, source] of Object.entries(parts)) {
    try {
      if (data === undefined) validate(source)
      else rendered[name] = compiled(source)(data)
    } catch (error) {
      const missing = missingPath(error, source)
      const at = { part: name, line: lineOf(error) }
      return missing === undefined ? { error: error.message, ...at } : { missing, ...at }
    }
  }
  return data === undefined ? {} : { parts: rendered }
}

createInterface({ input: process.stdin }).on('line', line => {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + '\n')
})

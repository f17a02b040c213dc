/* Every name that users import, and every method that they call, says what it does. Read from the types, as editors show it. */
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { repository } from '../support/module-graph.ts'

const doors = ['src/index.ts', 'src/testing.ts']

const { options } = ts.convertCompilerOptionsFromJson(
  {
    module: 'NodeNext',
    target: 'ES2023',
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: ['node'],
  },
  repository,
)
const program = ts.createProgram(
  doors.map((door) => join(repository, door)),
  options,
)
const checker = program.getTypeChecker()

function exportsOf(door: string): readonly ts.Symbol[] {
  return checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(join(repository, door))!)!)
}

function target(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** The methods of a class or interface that are written in it and that users can reach. */
function methodsOf(symbol: ts.Symbol): readonly ts.Symbol[] {
  if ((symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) === 0) return []
  return [...(symbol.members?.values() ?? [])].filter(
    (member) => (member.flags & ts.SymbolFlags.Method) !== 0 && !member.name.startsWith('#'),
  )
}

/** At least three words that are not the name's own. */
function saysSomething(symbol: ts.Symbol): boolean {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker))
  const own = new Set(wordsOf(symbol.name.replaceAll(/([a-z])([A-Z])/g, '$1 $2')))
  return wordsOf(text).filter((word) => !own.has(word)).length >= 3
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
}

describe.each(doors)('%s', (door) => {
  const names = exportsOf(door)

  test('has names', () => {
    expect(names.length).toBeGreaterThan(3)
  })

  test('says of every name what it is', () => {
    expect(names.filter((name) => !saysSomething(target(name))).map(({ name }) => name)).toEqual([])
  })

  test('says of every method what it does', () => {
    const silent = names.flatMap((name) => {
      return methodsOf(target(name)).flatMap((method) => (saysSomething(method) ? [] : [`${name.name}.${method.name}`]))
    })
    expect(silent).toEqual([])
  })
})

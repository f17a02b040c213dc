import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const entries = ['index', 'testing'].map((name) => fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url)))

const isPublicMethod = ({ flags, name }: ts.Symbol): boolean =>
  (flags & ts.SymbolFlags.Method) !== 0 && !name.startsWith('#')

/** Exports, and methods of those that are classes or interfaces. */
function undocumented(): string[] {
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
  })
  const checker = program.getTypeChecker()
  const isBare = (symbol: ts.Symbol): boolean => symbol.getDocumentationComment(checker).length === 0
  return entries.flatMap((entry) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
    return checker.getExportsOfModule(module).flatMap((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      const methods = [...(symbol.members?.values() ?? [])].filter(isPublicMethod)
      return [symbol, ...methods].filter(isBare).map(({ name }) => `${exported.name} ${name}`)
    })
  })
}

test('every public name and every method of one has a doc comment', () => {
  expect(undocumented()).toEqual([])
})

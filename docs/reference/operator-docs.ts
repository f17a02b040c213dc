import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** What an operator does to a stream beside its purpose; each by the tag that says so in the doc comment. */
export const factTags = ['key', 'nulls', 'time', 'throws'] as const
export type FactTag = (typeof factTags)[number]

/** The doc comment of a class or function, taken apart. */
interface DocComment {
  readonly text: string
  readonly facts: Readonly<Partial<Record<FactTag, string>>>
  readonly parameters: readonly { readonly name: string; readonly text: string }[]
  readonly example: string | undefined
}

/** A method of the DSL, or a function that belongs to it. */
export interface OperatorDoc extends DocComment {
  /** `KStream.filter`, or `tumbling`. */
  readonly name: string
  readonly signatures: readonly string[]
}

/** The public methods of a class, with what its comment says of all of them; or the functions of a file. */
export interface OperatorGroup {
  readonly title: string
  readonly about: string
  readonly isClass: boolean
  readonly operators: readonly OperatorDoc[]
}

const source = new URL('../../src/', import.meta.url)

/** In the order in which a topology is written. Files with functions have a title; classes are their own. */
const files: readonly (readonly [file: string, functions?: string])[] = [
  ['dsl/streams-builder.ts'],
  ['dsl/kstream.ts'],
  ['dsl/kgrouped-stream.ts'],
  ['dsl/windows.ts', 'Windows'],
  ['dsl/time-windowed-kstream.ts'],
  ['dsl/session-windowed-kstream.ts'],
  ['dsl/cogrouped-kstream.ts'],
  ['dsl/ktable.ts'],
  ['dsl/kgrouped-table.ts'],
  ['topology/invertible-aggregates.ts', 'Aggregates for `over`'],
  ['dsl/store-declarations.ts', 'Stores of processors'],
]

/** Every operator of the public DSL with its doc comment. A fact that a method does not state is its class's. */
export function readOperatorDocs(): readonly OperatorGroup[] {
  return files.flatMap(([file, functions]) => {
    const text = readFileSync(new URL(file, source), 'utf8')
    const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
    if (functions === undefined) return statements.filter(ts.isClassDeclaration).map(readClass)
    const operators = statements.filter(ts.isFunctionDeclaration).filter(isExported).map(readFunction)
    return [{ title: functions, about: '', isClass: false, operators }]
  })
}

function readClass(declaration: ts.ClassDeclaration): OperatorGroup {
  const title = declaration.name!.text
  const { text, facts } = readComment(declaration)
  const methods = declaration.members.filter(ts.isMethodDeclaration).filter(({ name }) => ts.isIdentifier(name))
  const names = new Set(methods.map((method) => method.name.getText()))
  const operators = [...names].map((name) => {
    const overloads = methods.filter((method) => method.name.getText() === name)
    const comment = readComment(overloads[0]!)
    const signatures = overloads.length === 1 ? overloads : overloads.slice(0, -1)
    return {
      ...comment,
      name: `${title}.${name}`,
      signatures: signatures.map((method) => signatureOf(method).replaceAll('\n  ', '\n')),
      facts: { ...facts, ...comment.facts },
    }
  })
  return { title, about: text, isClass: true, operators }
}

function readFunction(declaration: ts.FunctionDeclaration): OperatorDoc {
  return { ...readComment(declaration), name: declaration.name!.text, signatures: [signatureOf(declaration)] }
}

function readComment(node: ts.Node): DocComment {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  const tags: readonly ts.JSDocTag[] = comment?.tags ?? []
  const textOf = (name: string): string | undefined => {
    const tag = tags.find(({ tagName }) => tagName.text === name)
    return tag && ts.getTextOfJSDocComment(tag.comment)
  }
  return {
    text: ts.getTextOfJSDocComment(comment?.comment) ?? '',
    facts: Object.fromEntries(factTags.flatMap((tag) => (textOf(tag) === undefined ? [] : [[tag, textOf(tag)]]))),
    parameters: tags.filter(ts.isJSDocParameterTag).map(({ name, comment: text }) => {
      return { name: name.getText(), text: ts.getTextOfJSDocComment(text) ?? '' }
    }),
    example: exampleOf(tags.find(({ tagName }) => tagName.text === 'example')),
  }
}

/** As it stands in the source: the compiler's own text of a tag has lost the indentation. */
function exampleOf(tag: ts.JSDocTag | undefined): string | undefined {
  const text = tag?.getText().replace(/^@example\s+/, '')
  return text?.replaceAll(/\n\s*\*(?: |$)/g, '\n').trim()
}

function signatureOf(declaration: ts.MethodDeclaration | ts.FunctionDeclaration): string {
  const end = declaration.body?.getFullStart() ?? declaration.end
  const text = declaration.getSourceFile().text.slice(declaration.getStart(), end).trim()
  return text.replace(/^export function /, '')
}

function isExported(declaration: ts.FunctionDeclaration): boolean {
  return declaration.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

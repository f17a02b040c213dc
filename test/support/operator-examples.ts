import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import * as millrace from 'millrace'
import type { Duration, StreamsBuilder } from 'millrace'
import ts from 'typescript'
import { exampleInputs, exampleTypes } from '../../docs/reference/example-frame.ts'
import { readOperatorDocs } from '../../docs/reference/operator-docs.ts'
import { repository } from './module-graph.ts'

/** A record as examples write it: key, value, event time (default 0). */
export type ExampleRecord = readonly [key: unknown, value: unknown, time?: Duration]

/** `topic <- records`, or `result -> records`. */
export interface ExampleStep {
  readonly direction: 'in' | 'out'
  readonly name: string
  readonly records: readonly ExampleRecord[]
}

/** An example as a program. */
export interface OperatorExample {
  /** Declares the topology; returns the streams and tables that the example names in its steps. */
  declare(builder: StreamsBuilder): Readonly<Record<string, unknown>>
  readonly steps: readonly ExampleStep[]
}

/** All examples of the doc comments as one TypeScript module, which is never written to disk. */
export function examplesModule(): string {
  const examples = readOperatorDocs().flatMap(({ operators }) =>
    operators.flatMap(({ name, example }) => (example === undefined ? [] : [exampleProgram(name, example)])),
  )
  return `${prologue}\nexport const examples = {\n${examples.join('')}}\n`
}

const prologue = `import { ${Object.keys(millrace).join(', ')} } from 'millrace'
import type { Duration, Serde, StreamsBuilder } from 'millrace'
${exampleTypes}
type Inputs = { words: string; amounts: number; refunds: number; payments: Payment; limits: number; cards: Card; owners: string; cities: string }
type Read<Topic> = (Topic extends keyof Inputs ? Inputs[Topic] : unknown) | null
const into = <Topic extends string>(name: Topic, records: readonly [key: string | null, value: Read<Topic>, time?: Duration][]) =>
  ({ direction: 'in' as const, name, records })
const outOf = (name: string, records: readonly [key: unknown, value: unknown, time?: Duration][]) =>
  ({ direction: 'out' as const, name, records })
`

function exampleProgram(name: string, example: string): string {
  const lines = example.split('\n')
  const code = lines.filter((line) => !isStep(line)).join('\n')
  const steps = lines.filter(isStep).flatMap((line) => line.slice('// '.length).split('; ').map(stepProgram))
  const inputs = Object.entries(exampleInputs).flatMap(([input, text]) =>
    new RegExp(`\\b${input}\\b`).test(code) ? [text] : [],
  )
  const results = [...code.matchAll(/^const (\w+|\{.*?\}) =/gm)].flatMap(([, names]) => names!.match(/\w+/g)!)
  return `'${name}': {
declare(builder: StreamsBuilder) {
${inputs.join('\n')}
${code}
return { ${results.join(', ')} }
},
steps: [${steps.join(', ')}],
},
`
}

function isStep(line: string): boolean {
  return /^\/\/ [\w-]+ (<-|->) /.test(line)
}

function stepProgram(step: string): string {
  const [, name, arrow, records] = /^([\w-]+) (<-|->) (.*)$/.exec(step)!
  return `${arrow === '<-' ? 'into' : 'outOf'}('${name!}', [${records!}])`
}

/** What the compiler says of the module under the options of the repository. */
export function typeErrors(module: string): readonly string[] {
  const file = join(repository, 'test/unit/examples.ts')
  const { config } = ts.readConfigFile(join(repository, 'tsconfig.json'), ts.sys.readFile)
  const { compilerOptions } = config as { readonly compilerOptions: object }
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, repository)
  const checked = { ...options, isolatedDeclarations: false, declaration: false }
  const host = ts.createCompilerHost(checked)
  const { fileExists, getSourceFile } = host
  host.fileExists = (name) => name === file || fileExists(name)
  host.getSourceFile = (name, version, ...more) =>
    name === file ? ts.createSourceFile(name, module, version) : getSourceFile(name, version, ...more)
  const program = ts.createProgram([file], checked, host)
  const source = program.getSourceFile(file)!
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((diagnostic) => {
    const { line } = source.getLineAndCharacterOfPosition(diagnostic.start!)
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
    return `${module.split('\n')[line]!.trim()}: ${text}`
  })
}

/** The examples, ready to run. */
export function loadExamples(module: string): Readonly<Record<string, OperatorExample>> {
  const { outputText } = ts.transpileModule(module, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
  })
  const exported: { examples?: Record<string, OperatorExample> } = {}
  compileFunction(outputText, ['require', 'exports'])(() => millrace, exported)
  return exported.examples!
}

/* The reference of the operators comes from their doc comments, and every example in it runs as it is printed. */
import { readdirSync, readFileSync } from 'node:fs'
import { bytes, json, topology, type KStream, type KTable, type Windowed } from 'millrace'
import { createTestDriver, type TestOutputTopic, type TestRecord, type WrittenRecord } from 'millrace/testing'
import { describe, expect, test } from 'vitest'
import { factTags, readOperatorDocs } from '../../docs/reference/operator-docs.ts'
import { operatorReference } from '../../docs/reference/operator-reference.ts'
import { durationMs } from '../../src/core/duration.ts'
import { noHeaders } from '../../src/core/stream-record.ts'
import {
  examplesModule,
  loadExamples,
  typeErrors,
  type ExampleRecord,
  type ExampleStep,
} from '../support/operator-examples.ts'

const groups = readOperatorDocs()
const operators = groups.flatMap((group) => group.operators)
const module = examplesModule()
const examples = Object.entries(loadExamples(module))

const source = new URL('../../src/', import.meta.url)

function matches(file: string, pattern: RegExp): readonly string[] {
  return [...readFileSync(new URL(file, source), 'utf8').matchAll(pattern)].map(([, match]) => match!)
}

test('the page is in step; `npm run docs` writes it', () => {
  expect(readFileSync(new URL('../../docs/reference/operators.md', import.meta.url), 'utf8')).toBe(operatorReference())
})

describe('every operator', () => {
  test('is on the page: all classes of the DSL that have methods, and all its functions', () => {
    const classes = readdirSync(new URL('dsl', source)).flatMap((file) => {
      return matches(`dsl/${file}`, /^export class (\w+)/gm)
    })
    const functions = matches('index.ts', /^export \{(.*)\} from '.\/(?:dsl|topology)\//gm)
    const shown = new Set([...groups.map(({ title }) => title), ...operators.map(({ name }) => name)])
    const missing = [...classes, ...functions.flatMap((names) => names.trim().split(', '))].filter(
      (name) => !shown.has(name),
    )
    expect(missing.toSorted()).toEqual(['GlobalTable', 'topology'])
  })

  test('says what it does, with an example', () => {
    expect(operators.filter(({ text, example }) => text === '' || !example).map(({ name }) => name)).toEqual([])
  })

  test.each(factTags)('of a class says, or inherits, @%s', (tag) => {
    const methods = groups.filter(({ isClass }) => isClass).flatMap((group) => group.operators)
    expect(methods.filter(({ facts }) => facts[tag] === undefined).map(({ name }) => name)).toEqual([])
  })
})

describe('examples', () => {
  test('have no type errors, and one that is planted is found', () => {
    const planted = "export const planted: number = 'text'"
    expect(typeErrors(module + planted)).toEqual([expect.stringContaining(planted)])
  })

  test('all but those whose effect is not a record show what comes out', () => {
    const silent = examples.filter(([, { steps }]) => !steps.some(({ direction }) => direction === 'out'))
    expect(silent.map(([name]) => name)).toEqual(['KStream.foreach'])
  })

  test.each(examples)('%s', async (_, { declare, steps }) => {
    const names = new Set(steps.filter(({ direction }) => direction === 'out').map(({ name }) => name))
    const topics = new Map([...names].map((name) => [name, name]))
    const built = topology('example', (builder) => {
      for (const [name, result] of Object.entries(declare(builder))) {
        if (!names.has(name)) continue
        topics.set(name, `${name}-result`)
        asStream(result).to(`${name}-result`, { key: json(), value: json() })
      }
    })
    const driver = await createTestDriver(built)
    const outputs = new Map<string, TestOutputTopic<Uint8Array, Uint8Array>>()
    for (const [name, topic] of topics) {
      outputs.set(name, await driver.outputTopic(topic, { key: bytes(), value: bytes() }))
    }
    const read = (name: string): readonly ExampleRecord[] => outputs.get(name)!.read().map(decoded)
    for (const step of inTurns(steps)) {
      await driver.settled()
      if (step.direction === 'in') for (const record of step.records) driver.pipe(step.name, encoded(record))
      else expect([step.name, read(step.name)]).toEqual([step.name, step.records.map(withTime)])
    }
    for (const name of names) expect([name, read(name)]).toEqual([name, []])
  })
})

/** Lines about one topic that follow one another are one step. */
function inTurns(steps: readonly ExampleStep[]): readonly ExampleStep[] {
  return steps.reduce<readonly ExampleStep[]>((turns, step) => {
    const last = turns.at(-1)
    if (last?.name !== step.name || last.direction !== step.direction) return [...turns, step]
    return [...turns.slice(0, -1), { ...step, records: [...last.records, ...step.records] }]
  }, [])
}

function asStream(result: unknown): KStream<unknown, unknown> {
  const table = result as KTable<unknown, unknown>
  return typeof table.toStream === 'function' ? table.toStream() : (result as KStream<unknown, unknown>)
}

function withTime([key, value, time = 0]: ExampleRecord): ExampleRecord {
  return [key, value, durationMs(time, 'time of an example')]
}

function encoded(record: ExampleRecord): WrittenRecord {
  const [key, value, time] = withTime(record)
  return { key: toBytes(key), value: toBytes(value), timestamp: time as number, headers: noHeaders }
}

/** Texts as `string()` writes them, anything else as `json()` does. */
function toBytes(value: unknown): Uint8Array | null {
  return value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

function decoded({ key, value, timestamp }: TestRecord<Uint8Array, Uint8Array>): ExampleRecord {
  return [printedKey(fromBytes(key)), fromBytes(value), timestamp]
}

function fromBytes(bytesOrNull: Uint8Array | null): unknown {
  if (bytesOrNull === null) return null
  const text = Buffer.from(bytesOrNull).toString()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function printedKey(key: unknown): unknown {
  if (typeof key !== 'object' || key === null || !('window' in key)) return key
  const { key: inner, window } = key as Windowed<unknown>
  return `${String(inner)}@${window.start}..${window.end}`
}

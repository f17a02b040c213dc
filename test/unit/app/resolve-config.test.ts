import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { configReference } from '../../../docs/reference/config-reference.ts'
import type { AppConfig } from '../../../src/app/app-config.ts'
import { configTable } from '../../../src/app/config-table.ts'
import { printableConfig, resolveConfig } from '../../../src/app/resolve-config.ts'
import { ConfigError } from '../../../src/core/errors.ts'

function problemsOf(config: object): readonly string[] {
  try {
    resolveConfig(config, 'orders')
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((p) => `${p.path}: ${p.problem}; ${p.remedy}`)
    throw error
  }
  return []
}

describe('what is left out', () => {
  test('an empty config is complete, frozen, and named after the topology', () => {
    const config = resolveConfig({}, 'orders')
    expect(Object.isFrozen(config)).toBe(true)
    expect(config).toMatchObject({
      applicationId: 'orders',
      clientId: 'orders',
      commitIntervalMs: 1000,
      compression: 'lz4',
    })
    expect(Object.values(config)).not.toContain(undefined)
  })

  test('undefined counts as left out', () => {
    expect(resolveConfig({ commitIntervalMs: undefined } as unknown as AppConfig, 'orders').commitIntervalMs).toBe(1000)
  })

  test('the client is called as the application unless it has its own name', () => {
    expect(resolveConfig({ applicationId: 'billing' }, 'orders').clientId).toBe('billing')
    expect(resolveConfig({ applicationId: 'billing', clientId: 'b1' }, 'orders').clientId).toBe('b1')
  })

  test('every default passes its own row', () => {
    for (const { key, fallback } of configTable) {
      if (fallback === null || key.includes('.')) continue
      expect({ key, problems: problemsOf({ [key]: fallback }) }).toEqual({ key, problems: [] })
    }
  })
})

describe('what is given', () => {
  test('durations may be texts, brokers one text', () => {
    const config = resolveConfig({ commitIntervalMs: '2m', brokers: 'a:1, b:2' }, 'orders')
    expect(config.commitIntervalMs).toBe(120_000)
    expect(config.brokers).toEqual(['a:1', 'b:2'])
  })

  test('a policy may be an answer or a function', () => {
    const { errors } = resolveConfig(
      { errors: { decode: 'continue', process: () => 'dead-letter' }, deadLetterTopic: 'dead' },
      'orders',
    )
    expect(errors.decode(null as never, null as never)).toBe('continue')
    expect(errors.process(null as never, null as never)).toBe('dead-letter')
    expect(errors.produce(null as never, null)).toBe('fail')
  })

  test('a policy that answers something else is an error, never a silent skip', () => {
    const { errors } = resolveConfig({ errors: { process: (async () => 'fail') as never } }, 'orders')
    expect(() => errors.process(null as never, null as never)).toThrow(/errors.process: the function answered/)
  })

  test('secrets do not print', () => {
    const config = resolveConfig(
      {
        sasl: { mechanism: 'plain', username: 'app', password: 'hunter2' },
        ssl: { key: 'hunter2' },
        schemaRegistry: { url: 'http://user:hunter2@localhost:8081' },
      },
      'orders',
    )
    const printed = JSON.stringify(printableConfig(config))
    expect(printed).not.toContain('hunter2')
    expect(printed).toContain('"sasl":"***"')
  })
})

describe('mistakes', () => {
  test('an unknown key names the nearest one', () => {
    expect(problemsOf({ comitInterval: 5 })).toEqual([
      'comitInterval: there is no such setting; did you mean commitIntervalMs?',
    ])
    expect(problemsOf({ errors: { decoding: 'fail' } })[0]).toContain('did you mean errors.decode?')
    expect(problemsOf({ zzzzzzzzzzzz: 5 })[0]).toContain('see the config reference')
  })

  test('all problems come at once', () => {
    expect(
      problemsOf({
        lingerMs: -1,
        brokers: 'nowhere',
        compression: 'zip',
        nope: 1,
        replicationFactor: 1.5,
        errors: 'fail',
      }),
    ).toHaveLength(6)
  })

  test.each([
    [{ sessionTimeoutMs: '5s', heartbeatIntervalMs: '2s' }, 'sessionTimeoutMs (5000) and heartbeatIntervalMs (2000)'],
    [{ rebalanceTimeoutMs: 1000, heartbeatIntervalMs: 900 }, 'rebalanceTimeoutMs (1000) and heartbeatIntervalMs (900)'],
    [{ deliveryTimeoutMs: 10, lingerMs: 10 }, 'deliveryTimeoutMs (10) and lingerMs (10)'],
    [{ batchBytes: 100, producerBufferBytesMax: 99 }, 'batchBytes (100) and producerBufferBytesMax (99)'],
    [{ errors: { process: 'dead-letter' } }, 'errors.process ("dead-letter") and deadLetterTopic (null)'],
  ])('a pair that contradicts names both: %j', (config, names) => {
    expect(problemsOf(config).map((problem) => problem.slice(0, problem.indexOf(': ')))).toEqual([names])
  })

  test('a value that is wrong by itself is reported once', () => {
    expect(problemsOf({ heartbeatIntervalMs: 'often' })).toHaveLength(1)
  })

  test('a token is had from a function', () => {
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 't' }) } as const
    expect(resolveConfig({ sasl }, 'orders').sasl).toBe(sasl)
    const wrong = { mechanism: 'oauthbearer', username: 'u', password: 'hunter2' } as unknown as typeof sasl
    const problems = problemsOf({ sasl: wrong }).join()
    expect(problems).toContain('oauthBearerProvider, a function')
    expect(problems).not.toContain('hunter2')
  })

  test('a wrong secret is not quoted', () => {
    expect(problemsOf({ sasl: { mechanism: 'plain', password: 'hunter2' } }).join()).not.toContain('hunter2')
  })
})

describe('one table', () => {
  test('the interface that users write and the table have the same keys', () => {
    const source = readFileSync(new URL('../../../src/app/app-config.ts', import.meta.url), 'utf8')
    const fields = (name: string): string[] => {
      const body = new RegExp(`interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(source)?.[1] ?? ''
      return [...body.matchAll(/^ {2}readonly (\w+)\?:/gm)].map((match) => match[1] ?? '')
    }
    const written = [
      ...fields('AppConfig').filter((key) => key !== 'errors'),
      ...fields('ErrorsConfig').map((key) => `errors.${key}`),
    ]
    expect(written.toSorted()).toEqual(configTable.map((row) => row.key).toSorted())
  })

  test('the reference page is in step; `npm run docs` writes it', () => {
    expect(readFileSync(new URL('../../../docs/reference/config.md', import.meta.url), 'utf8')).toBe(configReference())
  })
})

import { describe, expect, test } from 'vitest'
import {
  countOf,
  hopping,
  int32,
  json,
  session,
  sliding,
  string,
  topology,
  tumbling,
  TopologyError,
  type Duration,
  type KStream,
  type StreamsBuilder,
} from 'millrace'

const serdes = { key: string(), value: json<number>() }

/** `path: problem; remedy` of each. */
function problemsOf(declare: (builder: StreamsBuilder) => void, name = 'app'): readonly string[] {
  try {
    topology(name, declare)
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error
    return error.problems.map(({ path, problem, remedy }) => `${path}: ${problem}; ${remedy}`)
  }
  return []
}

function problemsOfStream(declare: (stream: KStream<string, number>) => void): readonly string[] {
  return problemsOf((builder) => declare(builder.stream('in', serdes)))
}

describe('names', () => {
  test('the name of a topology becomes part of topic names', () => {
    expect(problemsOf((builder) => builder.stream('in', serdes), 'my app')).toEqual([
      'topology "my app": the name cannot be part of a topic name; use letters, digits, ".", "_" and "-", 200 at most',
    ])
  })

  test.each([
    [
      'map-values',
      (stream: KStream<string, number>) => stream.mapValues(Number, { name: 'a b' }).filter(Boolean).toTable(),
    ],
    ['to-table', (stream: KStream<string, number>) => stream.toTable({ name: 'x', store: 'a b' })],
    [
      'split',
      (stream: KStream<string, number>) =>
        stream
          .split([{ name: 'a b' }])
          ['a b'].groupByKey()
          .count(),
    ],
    ['stream-aggregate', (stream: KStream<string, number>) => stream.groupByKey({ name: 'a b' }).count()],
  ])('a name that no topic can have is reported once, where it was given: %s', (path, declare) => {
    expect(problemsOfStream(declare)).toEqual([
      `${path}: "a b" cannot be part of a topic name; use letters, digits, ".", "_" and "-", 200 at most`,
    ])
  })

  test('two nodes of one name', () => {
    expect(
      problemsOfStream((stream) => stream.filter(Boolean, { name: 'x' }).mapValues(Number, { name: 'x' })),
    ).toEqual(['x: two nodes have this name; give each its own `name`'])
  })

  test('two unnamed aggregates that would keep their state under one name', () => {
    const declare = (stream: KStream<string, number>): void => {
      stream
        .filter((value) => value > 1)
        .groupByKey()
        .count()
      stream.groupByKey().count()
    }
    expect(problemsOfStream(declare)).toEqual([
      'in-count: two nodes would keep their state or topic under this name; give one of them a `name` or `store` of its own',
    ])
  })
})

describe('topics', () => {
  test('a topology reads something', () => {
    expect(problemsOf(() => {})).toEqual(['topology: it reads no topic; start with stream() or table()'])
    expect(problemsOf((builder) => builder.stream([], { ...serdes, name: 'none' }))).toEqual([
      'none: no topic is named; name at least one topic',
    ])
  })

  test.each([['my topic'], [''], ['.'], ['..'], ['x'.repeat(250)]])('Kafka allows no topic %j', (topic) => {
    const sentence = `topic "${topic}": Kafka allows no topic of this name; use letters, digits, ".", "_" and "-", 249 at most`
    expect(problemsOf((builder) => builder.stream(topic, { ...serdes, name: 'x' }))).toEqual([sentence])
    expect(problemsOf((builder) => builder.table(topic, { ...serdes, name: 'x' }))).toEqual([sentence])
    expect(problemsOfStream((stream) => stream.to(topic, serdes))).toEqual([sentence])
  })

  test('a topic is not read as a table and once more', () => {
    const sentence = 'topic in: it is read as a table and a second time; read it once and use toStream() or toTable()'
    const both = (builder: StreamsBuilder): void => {
      builder.stream('in', serdes)
      builder.table('in', { ...serdes, name: 'table' })
    }
    expect(problemsOf(both)).toEqual([sentence])
    const twice = (builder: StreamsBuilder): void => {
      builder.table('in', { ...serdes, name: 'one' })
      builder.table('in', { ...serdes, name: 'two' })
    }
    expect(problemsOf(twice)).toEqual([sentence])
  })

  test('what reads a topic twice must want the same of it', () => {
    const differing = (builder: StreamsBuilder): void => {
      builder.stream('in', { ...serdes, timestamp: (value) => value })
      builder.stream(['other', 'in'], { key: int32(), value: string(), offsetReset: 'latest' })
    }
    expect(problemsOf(differing)).toEqual([
      'topic in: it is read with string and json and with int32 and string; read it with the same serdes, or once',
      'topic in: it is read with two different `timestamp` functions; give both stream() calls the same function, or read it once',
      'topic in: it is read with offsetReset unset and latest; give both stream() calls the same, or read it once',
    ])
    const same = (builder: StreamsBuilder): void => {
      builder.stream('in', serdes)
      builder.stream('in', serdes)
    }
    expect(problemsOf(same)).toEqual([])
  })
})

describe('times', () => {
  const windowed = (windows: ReturnType<typeof tumbling>, retention?: Duration): readonly string[] =>
    problemsOfStream((stream) =>
      stream
        .groupByKey()
        .windowedBy(windows)
        .count({ name: 'w', ...(retention === undefined ? {} : { retention }) }),
    )

  test('windows have a size, advance within it, and a grace that is not negative', () => {
    expect(windowed(tumbling({ size: 0, grace: -1 }))).toEqual([
      'w: grace is -1 ms; it must not be negative',
      'w: size is 0 ms; it must be above 0',
      'w: advance is 0 ms; it must be above 0 and not above the size (0 ms)',
    ])
    expect(windowed(hopping({ size: '1s', advance: '2s', grace: 0 }))).toEqual([
      'w: advance is 2000 ms; it must be above 0 and not above the size (1000 ms)',
    ])
  })

  test('a retention shorter than windows and grace would make wrong results', () => {
    expect(windowed(tumbling({ size: '1s', grace: '1s' }), 1_999)).toEqual([
      'w: retention is 1999 ms; it must be at least 2000 ms, which the windows and their grace need',
    ])
    expect(windowed(tumbling({ size: '1s', grace: '1s' }), 2_000)).toEqual([])
  })

  test('sliding and session windows', () => {
    const declare = (stream: KStream<string, number>): void => {
      stream
        .groupByKey()
        .windowedBy(sliding({ difference: -1, grace: 0 }))
        .count({ name: 'slide' })
      stream
        .groupByKey()
        .windowedBy(session({ gap: -1, grace: 0 }))
        .count({ name: 'session' })
    }
    expect(problemsOfStream(declare)).toEqual([
      'slide: difference is -1 ms; it must not be negative',
      'session: gap is -1 ms; it must not be negative',
    ])
  })

  test('the window of a join may lie to one side but must not be empty', () => {
    const join = (before: number, after: number): readonly string[] =>
      problemsOfStream((stream) => {
        const other = stream.mapValues(Number)
        stream.join(other, (left) => left, { within: { before, after }, grace: 0, name: 'j' })
      })
    expect(join(-1, 1)).toEqual([])
    expect(join(-2, 1)).toEqual(['j: before + after is -1 ms; it must not be negative'])
  })

  test('over has ranges above 0', () => {
    const over = (ranges: Record<string, Duration | { range: Duration; delay: Duration }>): readonly string[] =>
      problemsOfStream((stream) => stream.groupByKey().over({ name: 'o', ranges, aggregate: countOf(), grace: -1 }))
    expect(over({})).toEqual([
      'o: it has no range; name at least one, for example { hour: "1h" }',
      'o: grace is -1 ms; it must not be negative',
    ])
    expect(over({ hour: 0, day: { range: '1d', delay: -1 } })).toEqual([
      'o: range hour is 0 ms; it must be above 0',
      'o: delay of day is -1 ms; it must not be negative',
      'o: grace is -1 ms; it must not be negative',
    ])
  })

  test('a text that is no duration is reported once, and beside the other mistakes', () => {
    const declare = (stream: KStream<string, number>): void => {
      const other = stream.mapValues(Number)
      stream
        .groupByKey()
        .windowedBy(tumbling({ size: '5 minutes' as '5m', grace: 0 }))
        .count({ name: 'w', retention: '1d' })
      stream.join(other, (left) => left, { within: 0.5, grace: -1, name: 'j' })
      stream.groupByKey().over({ name: 'o', ranges: { long: Number.NaN }, aggregate: countOf() })
    }
    expect(problemsOfStream(declare)).toEqual([
      `size of time windows: "5 minutes" is not a duration; give whole milliseconds or a text such as '5m'`,
      `within of j: 0.5 is not a duration; give whole milliseconds or a text such as '5m'`,
      `range long of o: NaN is not a duration; give whole milliseconds or a text such as '5m'`,
      'j: grace is -1 ms; it must not be negative',
    ])
  })
})

test('a final result needs windows that can close', () => {
  const declare = (builder: StreamsBuilder): void => {
    const table = builder.table('cards', serdes)
    table.suppress({ until: 'window-close', name: 's' } as never)
  }
  expect(problemsOf(declare)).toEqual([
    `s: there is no windowed aggregate above it whose windows could close; window the stream first, or suppress with until: 'time-limit'`,
  ])
})

test('counts are whole numbers', () => {
  const declare = (builder: StreamsBuilder): void => {
    builder.stream('in', serdes).repartition({ name: 'r', partitions: 0 })
    const table = builder.table('cards', serdes)
    table.suppress({ until: 'time-limit', duration: -1, name: 's', maxRecords: -1, maxBytes: 0.5 })
  }
  expect(problemsOf(declare)).toEqual([
    'r: partitions is 0; it must be a whole number, 1 or more',
    's: duration is -1 ms; it must not be negative',
    's: maxRecords is -1; it must be a whole number, 0 or more',
    's: maxBytes is 0.5; it must be a whole number, 0 or more',
  ])
})

test('the branches of a split have names of their own, and what takes the rest comes last', () => {
  const branches = [{ name: 'rest' }, { name: 'big', when: () => true }, { name: 'big', when: () => true }]
  expect(problemsOfStream((stream) => stream.split(branches, { name: 's' }))).toEqual([
    's: branch rest has no `when` and takes all that is left; put it last',
    's: two branches have the same name; give each its own',
  ])
})

test('all mistakes come at once, in one message', () => {
  const declare = (): unknown =>
    topology('my app', (builder) => {
      const stream = builder.stream('a topic', { ...serdes, name: 'in' })
      stream
        .groupByKey()
        .windowedBy(tumbling({ size: '5 m' as '5m', grace: -1 }))
        .count({ name: 'w' })
    })
  expect(declare).toThrowErrorMatchingInlineSnapshot(`
    [TopologyError: the topology cannot run as written:
      - size of time windows: "5 m" is not a duration; give whole milliseconds or a text such as '5m'
      - topology "my app": the name cannot be part of a topic name; use letters, digits, ".", "_" and "-", 200 at most
      - topic "a topic": Kafka allows no topic of this name; use letters, digits, ".", "_" and "-", 249 at most
      - w: grace is -1 ms; it must not be negative]
  `)
})

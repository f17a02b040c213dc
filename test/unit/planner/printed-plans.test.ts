import { expect, test } from 'vitest'
import {
  countOf,
  describePlan,
  double,
  hopping,
  json,
  planTopology,
  session,
  sliding,
  string,
  topology,
  tumbling,
  type Plan,
  type StreamsBuilder,
} from 'millrace'

const serdes = { key: string(), value: json<number>() }

function printed(declare: (builder: StreamsBuilder) => void): string {
  return describePlan(planTopology(topology('shop', declare), { applicationId: 'app' }))
}

test('a chain of stateless steps is one processor between source and sink', () => {
  const plan = printed((builder) => {
    const payments = builder.stream('payments', serdes)
    const big = payments
      .filter((value) => value > 1)
      .filterNot((value) => value > 9)
      .mapValues((value) => value * 2)
      .peek(() => {})
    big.to('big', serdes)
  })
  expect(plan).toMatchInlineSnapshot(`
    "Topologies:
       Sub-topology: 0
        Source: payments (topics: [payments])
          --> payments-filter+payments-filter-2+payments-map-values+payments-peek
        Processor: payments-filter+payments-filter-2+payments-map-values+payments-peek (stores: [])
          --> payments-sink
          <-- payments
        Sink: payments-sink (topic: big)
          <-- payments-filter+payments-filter-2+payments-map-values+payments-peek
    "
  `)
})

test('steps that make several records, splits and merges stand alone', () => {
  const plan = printed((builder) => {
    const payments = builder.stream('payments', serdes)
    const { large, rest } = payments
      .flatMapValues((value) => [value, value])
      .split([{ name: 'large', when: (value) => value > 9 }, { name: 'rest' }])
    large
      .mapValues((value) => value + 1)
      .merge(rest.filter((value) => value > 0))
      .mapValues((value) => value - 1)
      .to('out', serdes)
    rest.flatMap((value, key) => [{ key, value }]).foreach(() => {})
  })
  expect(plan).toMatchInlineSnapshot(`
    "Topologies:
       Sub-topology: 0
        Source: payments (topics: [payments])
          --> payments-flat-map-values
        Processor: payments-flat-map-values (stores: [])
          --> payments-split
          <-- payments
        Processor: payments-split (stores: [])
          --> payments-large, payments-rest
          <-- payments-flat-map-values
        Processor: payments-large (stores: [])
          --> payments-large-map-values
          <-- payments-split
        Processor: payments-rest (stores: [])
          --> payments-rest-filter, payments-rest-flat-map
          <-- payments-split
        Processor: payments-large-map-values (stores: [])
          --> payments-large-payments-rest-merge
          <-- payments-large
        Processor: payments-rest-filter (stores: [])
          --> payments-large-payments-rest-merge
          <-- payments-rest
        Processor: payments-large-payments-rest-merge (stores: [])
          --> payments-large-payments-rest-merge-map-values
          <-- payments-large-map-values, payments-rest-filter
        Processor: payments-large-payments-rest-merge-map-values (stores: [])
          --> payments-large-payments-rest-merge-sink
          <-- payments-large-payments-rest-merge
        Sink: payments-large-payments-rest-merge-sink (topic: out)
          <-- payments-large-payments-rest-merge-map-values
        Processor: payments-rest-flat-map (stores: [])
          --> payments-rest-flat-map-foreach
          <-- payments-rest
        Processor: payments-rest-flat-map-foreach (stores: [])
          --> none
          <-- payments-rest-flat-map
    "
  `)
})

test('an aggregate after groupBy reads through one repartition topic', () => {
  const plan = printed((builder) => {
    const payments = builder.stream('payments', serdes)
    payments
      .groupBy((value) => `${value}`, { key: string() })
      .count({ name: 'per-amount' })
      .toStream()
      .to('counts', serdes)
  })
  expect(plan).toMatchInlineSnapshot(`
    "Topologies:
       Sub-topology: 0
        Source: payments (topics: [payments])
          --> payments-select-key
        Processor: payments-select-key (stores: [])
          --> per-amount-repartition-sink
          <-- payments
        Sink: per-amount-repartition-sink (topic: app-per-amount-repartition)
          <-- payments-select-key

       Sub-topology: 1
        Source: per-amount-repartition-source (topics: [app-per-amount-repartition])
          --> per-amount
        Processor: per-amount (stores: [per-amount])
          --> per-amount-to-stream
          <-- per-amount-repartition-source
        Processor: per-amount-to-stream (stores: [])
          --> per-amount-sink
          <-- per-amount
        Sink: per-amount-sink (topic: counts)
          <-- per-amount-to-stream
    "
  `)
})

test('windowed aggregates and suppress', () => {
  const plan = printed((builder) => {
    const grouped = builder.stream('payments', serdes).groupByKey()
    grouped
      .windowedBy(tumbling({ size: '1m', grace: 0 }))
      .count({ name: 'tumble' })
      .suppress({ until: 'window-close' })
    grouped.windowedBy(hopping({ size: '1m', advance: '10s', grace: 0 })).reduce((sum, x) => sum + x, { name: 'hop' })
    grouped.windowedBy(sliding({ difference: '1m', grace: 0 })).aggregate(
      () => 0,
      (sum, x) => sum + x,
      { name: 'slide', value: double() },
    )
    grouped.windowedBy(session({ gap: '1m', grace: 0 })).count({ name: 'session' })
    grouped.over({ name: 'spend', ranges: { hour: '1h' }, aggregate: countOf() })
  })
  expect(plan).toMatchInlineSnapshot(`
    "Topologies:
       Sub-topology: 0
        Source: payments (topics: [payments])
          --> tumble, hop, slide, session, spend
        Processor: tumble (stores: [tumble])
          --> tumble-suppress
          <-- payments
        Processor: tumble-suppress (stores: [tumble-suppress-store])
          --> none
          <-- tumble
        Processor: hop (stores: [hop])
          --> none
          <-- payments
        Processor: slide (stores: [slide])
          --> none
          <-- payments
        Processor: session (stores: [session])
          --> none
          <-- payments
        Processor: spend (stores: [spend])
          --> none
          <-- payments
    "
  `)
})

test('a join of streams has a processor for each side and one where they meet', () => {
  const plan = printed((builder) => {
    const left = builder.stream('left', serdes)
    const right = builder.stream('right', serdes).selectKey((value) => `${value}`, { key: string() })
    left.outerJoin(right, (l, r) => (l ?? 0) + (r ?? 0), { within: '1m', grace: 0 }).to('out', serdes)
  })
  expect(plan).toMatchInlineSnapshot(`
    "Topologies:
       Sub-topology: 0
        Source: left (topics: [left])
          --> left-right-select-key-outer-join-left
        Source: right-select-key-repartition-source (topics: [app-right-select-key-repartition])
          --> left-right-select-key-outer-join-right
        Processor: left-right-select-key-outer-join-left (stores: [left-right-select-key-outer-join-left, left-right-select-key-outer-join-right, left-right-select-key-outer-join-unmatched])
          --> left-right-select-key-outer-join
          <-- left
        Processor: left-right-select-key-outer-join-right (stores: [left-right-select-key-outer-join-left, left-right-select-key-outer-join-right, left-right-select-key-outer-join-unmatched])
          --> left-right-select-key-outer-join
          <-- right-select-key-repartition-source
        Processor: left-right-select-key-outer-join (stores: [])
          --> left-right-select-key-outer-join-sink
          <-- left-right-select-key-outer-join-left, left-right-select-key-outer-join-right
        Sink: left-right-select-key-outer-join-sink (topic: out)
          <-- left-right-select-key-outer-join

       Sub-topology: 1
        Source: right (topics: [right])
          --> right-select-key
        Processor: right-select-key (stores: [])
          --> right-select-key-repartition-sink
          <-- right
        Sink: right-select-key-repartition-sink (topic: app-right-select-key-repartition)
          <-- right-select-key
    "
  `)
})

test('a stream joins a table that only the join needs to be kept', () => {
  const plan = printed((builder) => {
    const cards = builder.table('cards', serdes)
    const payments = builder.stream('payments', serdes)
    payments
      .join(
        cards.filter((limit) => limit > 0).mapValues((limit) => limit * 2),
        (value, limit) => value - limit,
      )
      .to('out', serdes)
  })
  expect(plan).toMatchInlineSnapshot(`
    "Topologies:
       Sub-topology: 0
        Source: cards-source (topics: [cards])
          --> cards
        Processor: cards (stores: [cards])
          --> cards-table-filter
          <-- cards-source
        Source: payments (topics: [payments])
          --> payments-cards-join
        Processor: cards-table-filter (stores: [])
          --> cards-table-map-values
          <-- cards
        Processor: cards-table-map-values (stores: [])
          --> none
          <-- cards-table-filter
        Processor: payments-cards-join (stores: [cards])
          --> payments-cards-join-sink
          <-- payments
        Sink: payments-cards-join-sink (topic: out)
          <-- payments-cards-join
    "
  `)
})

test('tables join tables', () => {
  const plan = printed((builder) => {
    const cards = builder.table('cards', serdes)
    const limits = builder.table('limits', serdes)
    cards
      .leftJoin(limits, (card, limit) => card + (limit ?? 0), { value: json<number>(), store: 'sums' })
      .toStream()
      .to('out', serdes)
  })
  expect(plan).toMatchInlineSnapshot(`
    "Topologies:
       Sub-topology: 0
        Source: cards-source (topics: [cards])
          --> cards
        Processor: cards (stores: [cards])
          --> cards-limits-left-join-left
          <-- cards-source
        Source: limits-source (topics: [limits])
          --> limits
        Processor: limits (stores: [limits])
          --> cards-limits-left-join-right
          <-- limits-source
        Processor: cards-limits-left-join-left (stores: [limits])
          --> cards-limits-left-join
          <-- cards
        Processor: cards-limits-left-join-right (stores: [cards])
          --> cards-limits-left-join
          <-- limits
        Processor: cards-limits-left-join (stores: [sums])
          --> cards-limits-left-join-to-stream
          <-- cards-limits-left-join-left, cards-limits-left-join-right
        Processor: cards-limits-left-join-to-stream (stores: [])
          --> cards-limits-left-join-sink
          <-- cards-limits-left-join
        Sink: cards-limits-left-join-sink (topic: out)
          <-- cards-limits-left-join-to-stream
    "
  `)
})

test('a grouped table reads through a repartition topic with old and new values', () => {
  const plan = printed((builder) => {
    const cards = builder.table('cards', serdes)
    cards.groupBy((value) => ({ key: `${value}`, value }), serdes).count({ store: 'per-limit' })
  })
  expect(plan).toMatchInlineSnapshot(`
    "Topologies:
       Sub-topology: 0
        Source: cards-source (topics: [cards])
          --> cards
        Processor: cards (stores: [cards])
          --> cards-table-group
          <-- cards-source
        Processor: cards-table-group (stores: [])
          --> per-limit-repartition-sink
          <-- cards
        Sink: per-limit-repartition-sink (topic: app-per-limit-repartition)
          <-- cards-table-group

       Sub-topology: 1
        Source: per-limit-repartition-source (topics: [app-per-limit-repartition])
          --> per-limit
        Processor: per-limit (stores: [per-limit])
          --> none
          <-- per-limit-repartition-source
    "
  `)
})

test('a sink may name its topic for each record', () => {
  const plan = printed((builder) =>
    builder.stream('in', serdes).to(function byKey(_value, key) {
      return key
    }, serdes),
  )
  expect(plan).toMatchInlineSnapshot(`
    "Topologies:
       Sub-topology: 0
        Source: in (topics: [in])
          --> in-sink
        Sink: in-sink (extractor class: byKey)
          <-- in
    "
  `)
})

test('JSON and DOT tell the same', () => {
  const plan = planTopology(
    topology('shop', (builder) => {
      const counts = builder
        .stream('payments', serdes)
        .selectKey((value) => `${value}`, { key: string() })
        .groupByKey()
        .count()
      counts
        .toStream()
        .mapValues((count) => count ?? 0)
        .to('counts', serdes)
    }),
    { applicationId: 'app' },
  )
  const { subtopologies, internalTopics } = JSON.parse(describePlan(plan, 'json')) as Plan
  expect(subtopologies.map(({ nodes }) => nodes.map(({ name }) => name))).toEqual(
    plan.subtopologies.map(({ nodes }) => nodes.map(({ name }) => name)),
  )
  expect(subtopologies[1]!.stores).toEqual([
    {
      name: 'payments-select-key-count',
      kind: 'key-value',
      changelogTopic: 'app-payments-select-key-count-changelog',
      key: 'string',
      value: 'safeInt64',
    },
  ])
  expect(internalTopics).toEqual(plan.internalTopics)
  expect(describePlan(plan, 'dot')).toMatchInlineSnapshot(`
    "digraph "shop" {
      rankdir=LR;
      node [shape=box, style=rounded];
      subgraph cluster_0 {
        label="sub-topology 0";
        "0/payments" [label="payments"];
        "0/payments-select-key" [label="payments-select-key"];
        "0/payments-select-key-count-repartition-sink" [label="payments-select-key-count-repartition-sink"];
      }
      subgraph cluster_1 {
        label="sub-topology 1";
        "1/payments-select-key-count-repartition-source" [label="payments-select-key-count-repartition-source"];
        "1/payments-select-key-count" [label="payments-select-key-count\\n[payments-select-key-count]"];
        "1/payments-select-key-count-to-stream" [label="payments-select-key-count-to-stream"];
        "1/payments-select-key-count-map-values" [label="payments-select-key-count-map-values"];
        "1/payments-select-key-count-sink" [label="payments-select-key-count-sink"];
      }
      "payments" [shape=cylinder, style=solid];
      "app-payments-select-key-count-repartition" [shape=cylinder, style=solid];
      "counts" [shape=cylinder, style=solid];
      "0/payments" -> "0/payments-select-key";
      "payments" -> "0/payments";
      "0/payments-select-key" -> "0/payments-select-key-count-repartition-sink";
      "0/payments-select-key-count-repartition-sink" -> "app-payments-select-key-count-repartition";
      "1/payments-select-key-count-repartition-source" -> "1/payments-select-key-count";
      "app-payments-select-key-count-repartition" -> "1/payments-select-key-count-repartition-source";
      "1/payments-select-key-count" -> "1/payments-select-key-count-to-stream";
      "1/payments-select-key-count-to-stream" -> "1/payments-select-key-count-map-values";
      "1/payments-select-key-count-map-values" -> "1/payments-select-key-count-sink";
      "1/payments-select-key-count-sink" -> "counts";
    }
    "
  `)
})

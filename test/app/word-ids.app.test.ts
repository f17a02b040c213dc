import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppFixture, until } from '../support/app-fixture.ts'
import { expectedIds, latestIds, makeLines, wordIds, wordIdsTopics as topics } from '../support/word-ids.ts'

let kafka: AppFixture

beforeAll(async () => {
  kafka = await AppFixture.start()
  await kafka.createTopics({ lines: 4, ids: 2 })
})
afterAll(() => kafka.stop())

const lines = makeLines(3_000)
const keyed = (from: number, to: number): { key: string; value: unknown }[] =>
  lines.slice(from, to).map((line) => ({ key: `line-${line.id}`, value: line }))
const inputs = [topics.lines, topics.repartition]
const wordCount = (count: number): number => lines.slice(0, count).flatMap((line) => line.words).length

/** Each step goes on with the group, the topics and the state of the one before. */
test('through a repartition topic, every word of every line comes out', async () => {
  await kafka.write('lines', keyed(0, 1_000))
  const app = kafka.app(wordIds)
  await app.start()
  await until('all is committed', () => kafka.caughtUp('word-ids', inputs))
  await app.stop()
  expect(latestIds(await kafka.read('ids'))).toEqual(expectedIds(lines.slice(0, 1_000)))
  expect(latestIds(await kafka.read(topics.changelog))).toEqual(expectedIds(lines.slice(0, 1_000)))
  expect(app.metrics().recordsIn).toBe(1_000 + wordCount(1_000))
})

test('stop in the middle and start again: nothing is lost, no record is processed twice', async () => {
  await kafka.write('lines', keyed(1_000, 2_000))
  const first = kafka.app(wordIds, { maxRecordsPerTurn: 20 })
  await first.start()
  await until('some are processed', () => first.metrics().recordsIn > 300)
  await first.stop()
  expect(first.metrics().restoredRecords).toBeGreaterThan(0)
  const second = kafka.app(wordIds)
  await second.start()
  await until('all is committed', () => kafka.caughtUp('word-ids', inputs))
  await second.stop()
  expect(latestIds(await kafka.read('ids'))).toEqual(expectedIds(lines.slice(0, 2_000)))
  expect(first.metrics().recordsIn + second.metrics().recordsIn).toBe(1_000 + wordCount(2_000) - wordCount(1_000))
})

test('one instance, then two, then one: they share the tasks, take their state along, and process nothing twice', async () => {
  const first = kafka.app(wordIds)
  await first.start()
  const second = kafka.app(wordIds)
  await second.start()
  await kafka.write('lines', keyed(2_000, 2_500))
  await until('both have work', () => second.metrics().recordsIn > 0 && first.metrics().recordsIn > 0)
  await until('all is committed', () => kafka.caughtUp('word-ids', inputs))
  await first.stop()
  await until('the other one runs all', () => second.state === 'running')
  await kafka.write('lines', keyed(2_500, 3_000))
  await until('all is committed', () => kafka.caughtUp('word-ids', inputs))
  await second.stop()
  expect(latestIds(await kafka.read('ids'))).toEqual(expectedIds(lines))
  expect(latestIds(await kafka.read(topics.changelog))).toEqual(expectedIds(lines))
  expect(first.metrics().recordsIn + second.metrics().recordsIn).toBe(1_000 + wordCount(3_000) - wordCount(2_000))
})

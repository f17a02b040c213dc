/* Kafka's own command-line tools, as its `bin/*.sh` start them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { JavaHost } from '../../support/java-host.ts'
import { unique, type BrokerUnderTest } from './broker-under-test.ts'

const tools = 'org.apache.kafka.tools'

export function kafkaToolsSuite(broker: () => BrokerUnderTest, java: () => JavaHost): void {
  /** What a tool printed; an error when it ended badly. */
  const tool = async (name: string, args: readonly string[], stdin = ''): Promise<string> => {
    const { status, out, err } = await java().run(name, ['--bootstrap-server', broker().bootstrap, ...args], stdin)
    if (status !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${status}:\n${out}\n${err}`)
    return out.trim()
  }
  const topics = (...args: string[]): Promise<string> => tool(`${tools}.TopicCommand`, args)
  const groups = (...args: string[]): Promise<string> => tool(`${tools}.consumer.group.ConsumerGroupCommand`, args)
  const configs = (...args: string[]): Promise<string> => tool('kafka.admin.ConfigCommand', args)
  const offsets = (...args: string[]): Promise<string> => tool(`${tools}.GetOffsetShell`, args)
  const produce = (topic: string, lines: readonly string[], ...args: string[]): Promise<string> =>
    tool(`${tools}.ConsoleProducer`, ['--topic', topic, ...args], lines.map((line) => `${line}\n`).join(''))
  const consume = (topic: string, count: number, ...args: string[]): Promise<string> => {
    const until = ['--max-messages', String(count), '--timeout-ms', '20000']
    return tool(`${tools}.consumer.ConsoleConsumer`, ['--topic', topic, ...until, ...args])
  }
  const created = async (partitions: number): Promise<string> => {
    const topic = unique('tools')
    await topics('--create', '--topic', topic, '--partitions', String(partitions))
    return topic
  }
  /** The columns of the lines of a table that have a word in them. */
  const rows = (table: string, word: string): string[][] =>
    table
      .split('\n')
      .filter((line) => line.includes(word))
      .map((line) => line.trim().split(/\s+/))

  describe("Kafka's tools", () => {
    test('topics are made, listed, described, altered and deleted', async () => {
      const topic = unique('tools')
      expect(await topics('--create', '--topic', topic, '--partitions', '2', '--config', 'retention.ms=5000')).toBe(
        `Created topic ${topic}.`,
      )
      expect((await topics('--list')).split('\n')).toContain(topic)
      const described = await topics('--describe', '--topic', topic)
      expect(described).toMatch(/PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=5000/)
      expect(described.match(/Partition: \d+\s+Leader: 1\s+Replicas: 1\s+Isr: 1/g)).toHaveLength(2)
      await topics('--alter', '--topic', topic, '--partitions', '4')
      expect(await topics('--describe', '--topic', topic)).toContain('PartitionCount: 4')
      await expect(topics('--create', '--topic', topic)).rejects.toThrow(`Topic '${topic}' already exists.`)
      await topics('--delete', '--topic', topic)
      expect((await topics('--list')).split('\n')).not.toContain(topic)
      await expect(topics('--describe', '--topic', topic)).rejects.toThrow(`Topic '${topic}' does not exist`)
    })

    test('what the console producer sends, the console consumer reads, alone and in a group', async () => {
      const topic = await created(1)
      const keyed = ['--property', 'parse.key=true', '--property', 'key.separator=:']
      await produce(topic, ['a:1', 'b:2', 'a:3'], ...keyed, '--compression-codec', 'zstd')
      const format = ['--property', 'print.key=true', '--property', 'print.offset=true']
      expect(await consume(topic, 3, '--from-beginning', ...format)).toBe(
        'Offset:0\ta\t1\nOffset:1\tb\t2\nOffset:2\ta\t3',
      )
      expect(await consume(topic, 1, '--partition', '0', '--offset', '2')).toBe('3')
      const group = ['--group', unique('console')]
      expect(await consume(topic, 3, '--from-beginning', ...group)).toBe('1\n2\n3')
      await produce(topic, ['c:4'], ...keyed)
      expect(await consume(topic, 1, '--isolation-level', 'read_committed', ...group)).toBe('4')
    })

    test('groups are listed, described, reset and deleted', async () => {
      const topic = await created(1)
      const group = unique('console')
      await produce(topic, ['1', '2', '3'])
      await consume(topic, 3, '--from-beginning', '--group', group)
      expect((await groups('--list')).split('\n')).toContain(group)
      expect(rows(await groups('--list', '--state'), group)).toEqual([[group, 'Empty']])
      const position = async (): Promise<string[][]> => rows(await groups('--describe', '--group', group), topic)
      expect((await position()).map((row) => row.slice(0, 6))).toEqual([[group, topic, '0', '3', '3', '0']])
      expect(rows(await groups('--describe', '--group', group, '--state'), group)[0]).toContain('Empty')
      const reset = ['--reset-offsets', '--group', group, '--topic', topic, '--execute']
      expect(rows(await groups(...reset, '--to-offset', '1'), topic)).toEqual([[group, topic, '0', '1']])
      expect((await position()).map((row) => row.slice(3, 6))).toEqual([['1', '3', '2']])
      expect(rows(await groups(...reset, '--to-earliest'), topic)).toEqual([[group, topic, '0', '0']])
      expect(rows(await groups('--delete-offsets', '--group', group, '--topic', topic), topic)[0]).toContain(
        'Successful',
      )
      expect(await groups('--delete', '--group', group)).toContain('was successful')
      expect((await groups('--list')).split('\n')).not.toContain(group)
    })

    test('configs of a topic are set, shown and taken back', async () => {
      const topic = await created(1)
      const entity = ['--entity-type', 'topics', '--entity-name', topic]
      const changed = `Completed updating config for topic ${topic}.`
      expect(
        await configs('--alter', ...entity, '--add-config', 'retention.ms=7000,cleanup.policy=[delete,compact]'),
      ).toBe(changed)
      const shown = await configs('--describe', ...entity)
      expect(shown).toContain('retention.ms=7000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=7000}')
      expect(shown).toContain('cleanup.policy=delete,compact')
      expect(await configs('--alter', ...entity, '--delete-config', 'retention.ms')).toBe(changed)
      expect(await configs('--describe', ...entity)).not.toContain('retention.ms')
      expect(await configs('--describe', '--all', ...entity)).toContain('retention.ms=604800000 sensitive=false')
      await expect(configs('--alter', ...entity, '--add-config', 'retention.ms=soon')).rejects.toThrow(
        'InvalidConfigurationException',
      )
      expect(await configs('--describe', '--all', '--entity-type', 'brokers', '--entity-name', '1')).toContain(
        'num.partitions=1',
      )
    })

    test('offsets are shown by time, and records deleted', async () => {
      const topic = await created(2)
      await produce(topic, ['1', '2', '3', '4'], '--property', 'parse.key=false')
      const total = (text: string): number =>
        text.split('\n').reduce((sum, line) => sum + Number(line.split(':')[2]), 0)
      expect(total(await offsets('--topic', topic))).toBe(4)
      expect(total(await offsets('--topic', topic, '--time', '-2'))).toBe(0)
      expect(total(await offsets('--topic', topic, '--time', 'earliest'))).toBe(0)
      const last = (await offsets('--topic', topic)).split('\n').find((line) => !line.endsWith(':0'))!
      const [, partition, end] = last.split(':').map(Number)
      expect(await offsets('--topic-partitions', `${topic}:${partition}`, '--time', 'max-timestamp')).toMatch(
        new RegExp(`^${topic}:${partition}:\\d$`),
      )
      const folder = mkdtempSync(join(tmpdir(), 'millrace-delete-'))
      const file = join(folder, 'delete.json')
      writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition, offset: end }] }))
      expect(await tool(`${tools}.DeleteRecordsCommand`, ['--offset-json-file', file])).toContain(
        `low_watermark: ${end}`,
      )
      rmSync(folder, { recursive: true })
      expect(total(await offsets('--topic', topic, '--time', '-2'))).toBe(end)
    })

    test('transactions are listed and described, with their producers', async () => {
      const topic = await created(1)
      const id = String(await java().check('Transactions.leftOpen', `${broker().bootstrap} ${topic}`))
      const transactions = (...args: string[]): Promise<string> => tool(`${tools}.TransactionsCommand`, args)
      expect(rows(await transactions('list'), id)[0]).toContain('Ongoing')
      const described = rows(await transactions('describe', '--transactional-id', id), id)[0]!
      expect(described).toEqual(expect.arrayContaining([id, 'Ongoing', `${topic}-0`]))
      const producers = await transactions('describe-producers', '--topic', topic, '--partition', '0')
      expect(producers.split('\n')).toHaveLength(2)
      const [producerId, epoch] = producers.split('\n')[1]!.trim().split(/\s+/)
      expect(Number(producerId)).toBeGreaterThanOrEqual(0)
      expect(Number(epoch)).toBeGreaterThanOrEqual(0)
      expect(await transactions('find-hanging', '--broker-id', '1')).not.toContain(topic)
    })

    test('the versions of all requests are shown', async () => {
      const shown = await tool(`${tools}.BrokerApiVersionsCommand`, [])
      expect(shown).toMatch(/\(id: 1 .*\) -> \(/)
      expect(shown).toMatch(/Produce\(0\): 0 to \d+ \[usable: \d+\]/)
    })
  })
}

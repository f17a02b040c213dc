/* kcat, which is librdkafka: C clients, and those of most other languages. */
import { execFile, spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { beforeAll, describe, expect, test } from 'vitest'
import { interleavedAborts, newTopic, sendTo } from './kafkajs-client.ts'
import { unique, type BrokerUnderTest } from './broker-under-test.ts'

const quickly = ['-X', 'topic.metadata.refresh.interval.ms=500', '-X', 'fetch.wait.max.ms=50']

export function kcatSuite(broker: () => BrokerUnderTest): void {
  const args = (more: readonly string[]): string[] => ['-b', broker().bootstrap, ...quickly, ...more]

  /** What it prints; an error with what it says when it ends badly. */
  const kcat = (more: readonly string[], stdin = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = execFile('kcat', args(more), { maxBuffer: 1e8, timeout: 180_000 }, (error, out, err) =>
        error === null ? resolve(out) : reject(new Error(`kcat ${more.join(' ')}: ${error.message}\n${err}`)),
      )
      child.stdin!.on('error', () => {})
      child.stdin!.end(stdin)
    })

  const lines = async (...more: readonly string[]): Promise<readonly string[]> =>
    (await kcat(['-C', '-e', '-q', ...more])).split('\n').filter((line) => line !== '')

  const created = (partitions: number): Promise<string> => newTopic(broker(), partitions)

  describe('kcat', () => {
    beforeAll(() => {
      if (spawnSync('kcat', ['-V']).error !== undefined)
        throw new Error('kcat is not on the PATH: install it (apt: kcat). Nothing here is skipped in silence.')
    })

    test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('-P and -C: records in %s', async (codec) => {
      const topic = await created(1)
      const input = Array.from({ length: 300 }, (_, i) => `k${i}:value ${i} of some length`)
      await kcat(['-P', '-t', topic, '-K:', '-z', codec, '-H', 'h=1', '-X', 'linger.ms=50'], `${input.join('\n')}\n`)
      const read = await lines('-t', topic, '-X', 'check.crcs=true', '-f', '%k:%s %o %h\\n')
      expect(read).toEqual(input.map((line, offset) => `${line} ${offset} h=1`))
      const compressed = await lines('-t', topic, '-o', '-2', '-f', '%o\\n')
      expect(compressed).toEqual(['298', '299'])
    })

    test('-P, idempotent and with tombstones', async () => {
      const topic = await created(1)
      await kcat(['-P', '-t', topic, '-K:', '-Z', '-X', 'enable.idempotence=true'], 'a:1\nb:2\na:\n')
      expect(await lines('-t', topic, '-f', '%k %S %o\\n')).toEqual(['a 1 0', 'b 1 1', 'a -1 2'])
    })

    test('-P in a transaction: readers of committed records have it when it ends', async () => {
      const topic = await created(1)
      await kcat(['-P', '-t', topic, '-X', `transactional.id=${unique('kcat')}`], 'a\nb\n')
      const read = await lines('-t', topic, '-X', 'isolation.level=read_committed', '-f', '%s %o\\n')
      expect(read).toEqual(['a 0', 'b 1'])
    })

    test('-L shows the broker and the topic, and that a topic is not there', async () => {
      const topic = await created(3)
      const listed = JSON.parse(await kcat(['-L', '-J', '-t', topic])) as {
        brokers: unknown[]
        controllerid: number
        topics: { topic: string; partitions: unknown[]; error?: string }[]
      }
      expect(listed).toMatchObject({ brokers: [{ id: 1, name: broker().bootstrap }], controllerid: 1 })
      expect(listed.topics).toMatchObject([
        {
          topic,
          partitions: [0, 1, 2].map((partition) => ({
            partition,
            leader: 1,
            replicas: [{ id: 1 }],
            isrs: [{ id: 1 }],
          })),
        },
      ])
      expect(await kcat(['-L', '-t', unique('missing')])).toContain('Broker: Unknown topic or partition')
    })

    test('-Q finds offsets by time', async () => {
      const topic = await created(1)
      const messages = [1_000, 2_000, 3_000].map((time) => ({ value: String(time), timestamp: String(time) }))
      await sendTo(broker(), topic, messages)
      const offsetAt = async (time: number): Promise<string> => (await kcat(['-Q', '-t', `${topic}:0:${time}`])).trim()
      expect(await offsetAt(-2)).toBe(`${topic} [0] offset 0`)
      expect(await offsetAt(1_500)).toBe(`${topic} [0] offset 1`)
      expect(await offsetAt(3_000)).toBe(`${topic} [0] offset 2`)
      expect(await offsetAt(-1)).toBe(`${topic} [0] offset 3`)
      expect(await offsetAt(3_001)).toMatch(/\[0\] offset (-1|3)$/)
    })

    test('-C begins where it is told, also outside of the log', async () => {
      const topic = await created(1)
      await sendTo(broker(), topic, [{ value: 'a' }, { value: 'b' }, { value: 'c' }])
      expect(await lines('-t', topic, '-o', '1', '-f', '%s\\n')).toEqual(['b', 'c'])
      expect(await lines('-t', topic, '-o', '99', '-X', 'auto.offset.reset=earliest', '-f', '%s\\n')).toEqual([
        'a',
        'b',
        'c',
      ])
      await expect(kcat(['-C', '-e', '-t', topic, '-o', '99', '-X', 'auto.offset.reset=error'])).rejects.toThrow(
        /out of range/i,
      )
    })

    test('no record of two interleaved aborted transactions is read, wherever a fetch begins', async () => {
      const topic = await created(1)
      await interleavedAborts(broker(), topic)
      for (let from = 0; from <= 6; from++) {
        const read = await lines('-t', topic, '-o', String(from), '-X', 'isolation.level=read_committed', '-f', '%s\\n')
        expect(read, `from offset ${from}`).toEqual(['plain'])
      }
      const all = await lines('-t', topic, '-X', 'isolation.level=read_uncommitted', '-f', '%s\\n')
      expect(all).toEqual(['a0', 'b1', 'b2', 'a3', 'plain'])
    })

    test('-G: members share the partitions, and what one leaves another takes', async () => {
      const topic = await created(4)
      const group = unique('kcat')
      const member = (): GroupMember => new GroupMember(args(['-G', group, '-X', 'auto.offset.reset=earliest', topic]))
      const first = member()
      await first.until(/rebalanced \(memberid [^)]+\): assigned: (.* \[\d\](, )?){4}/)
      const second = member()
      await second.until(/assigned: \S+ \[\d\], \S+ \[\d\]\n/)
      await sendTo(
        broker(),
        topic,
        Array.from({ length: 40 }, (_, i) => ({ value: `v${i}`, partition: i % 4 })),
      )
      await first.untilRecords(20)
      await second.untilRecords(20)
      await second.end()
      await first.until(
        /rebalanced[^\n]*assigned: (\S+ \[\d\](, )?){4}\n[^]*rebalanced[^\n]*assigned: (\S+ \[\d\](, )?){4}\n/,
      )
      await first.end()
      // What was read was committed when it ended: the next one has nothing to do.
      await sendTo(broker(), topic, [{ value: 'last', partition: 0 }])
      const third = member()
      await third.untilRecords(1)
      await third.end()
      expect(third.records).toEqual(['last'])
    })

    test('-G: a static member comes back to its partitions, and of two with one id the older is out', async () => {
      const topic = await created(2)
      const group = unique('kcat')
      const member = (id: string): GroupMember =>
        new GroupMember(args(['-G', group, '-X', `group.instance.id=${id}`, '-X', 'session.timeout.ms=20000', topic]))
      const other = member('other')
      await other.until(/assigned: \S+ \[0\], \S+ \[1\]\n/)
      const one = member('one')
      const [, had] = await one.until(/assigned: \S+ (\[\d\])\n/)
      await other.until(/assigned: \S+ \[\d\]\n/)
      const heard = other.rebalances
      await one.end()
      const again = member('one')
      expect((await again.until(/assigned: \S+ (\[\d\])\n/))[1]).toBe(had)
      expect(other.rebalances).toBe(heard)
      const twin = member('one')
      await twin.until(/assigned: \S+ \[\d\]\n/)
      await again.until(/fenced/i)
      await Promise.all([other, again, twin].map((each) => each.end()))
    })
  })
}

/** A kcat that goes on until it is told to end. */
class GroupMember {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  #said = ''
  #out = ''
  #changed = (): void => {}

  constructor(args: readonly string[]) {
    this.#child = spawn('kcat', ['-u', '-f', '%s\\n', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#out += chunk.toString()
      this.#changed()
    })
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString()
      this.#changed()
    })
  }

  get records(): readonly string[] {
    return this.#out.split('\n').slice(0, -1)
  }

  get rebalances(): number {
    return this.#said.split('rebalanced').length - 1
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    await this.#when(`it says ${pattern}`, () => pattern.test(this.#said))
    return pattern.exec(this.#said)!
  }

  untilRecords(count: number): Promise<void> {
    return this.#when(`it reads ${count} records`, () => this.records.length >= count)
  }

  async #when(what: string, holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const patience = setTimeout(() => {
        this.#child.kill('SIGKILL')
        reject(
          new Error(`not within 3 minutes: ${what}. It read ${this.records.length} records and said:\n${this.#said}`),
        )
      }, 180_000)
      this.#changed = () => {
        if (!holds()) return
        clearTimeout(patience)
        resolve()
      }
      this.#changed()
    })
  }

  /** As Ctrl-C does: it commits and, if it is no static one, leaves the group. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGINT')
    await once(this.#child, 'exit')
  }
}

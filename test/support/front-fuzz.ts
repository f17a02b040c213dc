/*
 * Throws mutated requests at a broker's front, from connections in memory and over TCP at the same time, on simulated time: whatever
 * waits is waited for, and what waits for ever fails the run.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Broker, type BrokerOptions } from '../../src/broker/broker.ts'
import { defaultBrokerConfig } from '../../src/broker/broker-config.ts'
import { failureChannel, type BrokerFailure } from '../../src/broker/diagnostics.ts'
import { isServed } from '../../src/broker/handlers/served-versions.ts'
import { sleep } from '../../src/core/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { messages, type ApiName } from '../../src/protocol/messages/messages.ts'
import { encodeRequest } from '../../src/protocol/messages/request.ts'
import { decodeResponse } from '../../src/protocol/messages/response.ts'
import { FrameSplitter } from '../../src/protocol/wire/frame-splitter.ts'
import { BrokerClient } from './broker-client.ts'
import { LikelyRequests, likelyTopics } from './likely-requests.ts'
import { belowFrom, damage, resized, type Below } from './mutate.ts'
import { readRecords, storedTexts, textsOf } from './record-batches.ts'
import { SimulatedClock } from './simulated-clock.ts'

export interface FrontFuzzOptions {
  /** How many mutated requests the broker must have answered, or closed a connection for. */
  readonly requests: number
  readonly seed: number
  readonly apis?: readonly ApiName[]
  readonly sasl?: BrokerOptions['sasl']
}

export interface FrontFuzzResult {
  readonly answered: number
  readonly closed: number
  /** What handlers threw. */
  readonly failures: readonly BrokerFailure[]
  readonly undecodable: readonly unknown[]
  /** How much more the process holds than at the beginning, after a garbage collection. */
  readonly heldBytes: number
}

const connectionsOfAKind = 4
const limits = {
  ...defaultBrokerConfig.limits,
  topicsMax: 30,
  partitionsMax: 300,
  groupsMax: 50,
  transactionalIdsMax: 50,
}
const hourMs = 3_600_000
/** The longest that a request can ask to wait is 2^31 ms, 597 hours; a millisecond passes in each. */
const hoursMax = 10_000
const headerBytes = 8

export async function fuzzFront({ requests, seed, apis, sasl }: FrontFuzzOptions): Promise<FrontFuzzResult> {
  const clock = new SimulatedClock()
  const random = seededRandom(seed)
  const failures: BrokerFailure[] = []
  const noteFailure = (failure: unknown): void => void failures.push(failure as BrokerFailure)
  failureChannel.subscribe(noteFailure)
  const broker = new Broker({ clock, random, config: { limits }, ...(sasl !== undefined && { sasl }) })
  await broker.listen({ host: '127.0.0.1', port: 0 })
  const run = new FuzzRun(requests, belowFrom(random), apis)
  // Open all the time: what others send must not reach it.
  const bystanders =
    sasl === undefined ? [new BrokerClient(connect(broker.address.port)), new BrokerClient(broker.connect())] : []
  const opens = [(): Duplex => broker.connect(), (): Duplex => connect({ port: broker.address.port, noDelay: true })]
  const before = heldBytes()
  try {
    await withTimePassing(run, clock, { opens, eachTurn: () => keepTopics(broker) })
    for (const client of bystanders) await writeAndRead(client, broker)
    const { answered, closed, undecodable } = run
    return { answered, closed, failures, undecodable, heldBytes: heldBytes() - before }
  } finally {
    failureChannel.unsubscribe(noteFailure)
    await broker.close()
  }
}

/** @throws Error when the broker does not do for a client what brokers are for */
async function writeAndRead(client: BrokerClient, { control }: Broker): Promise<void> {
  const topic = 'of-a-bystander'
  control.createTopic({ name: topic })
  const records = storedTexts(['still', 'here'])
  await client.send('Produce', 9, { acks: -1, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] })
  const wanted = { topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }
  const { responses } = await client.send('Fetch', 12, { maxWaitMs: 0, minBytes: 1, topics: [wanted] })
  assert.deepEqual(textsOf(readRecords(responses[0]!.partitions[0]!.records!)), ['still', 'here'])
  control.deleteTopic(topic)
}

/** Some of the requests delete topics. */
function keepTopics({ control, state }: Broker): void {
  for (const name of likelyTopics)
    if (state.topics.get(name) === undefined)
      control.createTopic({
        name,
        partitions: 2,
        configs: { 'cleanup.policy': name === 'compacted' ? 'compact' : 'delete' },
      })
}

interface Turns {
  readonly opens: readonly (() => Duplex)[]
  eachTurn(): void
}

/** Simulated time passes by the hour whenever nothing else happens any more. Sockets need some real time too. */
async function withTimePassing(run: FuzzRun, clock: SimulatedClock, { opens, eachTurn }: Turns): Promise<void> {
  let isOver = false
  const over = run.all(opens).finally(() => (isOver = true))
  over.catch(() => {})
  let [hours, before] = [0, -1]
  while (!isOver) {
    eachTurn()
    await Promise.race([over, sleep(systemClock, 1)])
    hours = run.bursts === before ? hours + 1 : 0
    before = run.bursts
    if (hours > hoursMax) throw new Error('a request is neither answered nor is its connection closed')
    if (hours > 0) await clock.advance(hourMs)
  }
  await over
}

function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

interface Sent {
  readonly api: ApiName
  readonly version: number
  readonly body: object
  readonly correlationId: number
}

interface Fuzzed {
  readonly bytes: Buffer
  readonly isMutated: boolean
  /** When its header is as it was: then its answer must be what that asks for. */
  readonly sent?: Sent
}

class FuzzRun {
  readonly below: Below
  readonly likely: LikelyRequests
  readonly #apis: readonly ApiName[]
  readonly #requests: number
  answered = 0
  closed = 0
  bursts = 0
  #count = 0
  /** Answers that are none. */
  readonly undecodable: unknown[] = []

  constructor(requests: number, below: Below, apis: readonly ApiName[] = Object.keys(messages) as ApiName[]) {
    this.#requests = requests
    this.below = below
    this.likely = new LikelyRequests(below)
    this.#apis = apis
  }

  get isDone(): boolean {
    return this.answered + this.closed >= this.#requests
  }

  /** On several connections at a time; one that is closed is opened again. */
  async all(opens: readonly (() => Duplex)[]): Promise<void> {
    const lane = async (open: () => Duplex): Promise<void> => {
      while (!this.isDone) await new FuzzConnection(this, open()).run()
    }
    const lanes = opens.flatMap((open) => Array.from({ length: connectionsOfAKind }, () => open))
    await Promise.all(lanes.map(lane))
  }

  request(): Fuzzed {
    const api = this.#apis[this.below(this.#apis.length)]!
    const version = this.#version(api)
    // Spread out: one that was damaged is not that of another request.
    const correlationId = Math.imul(++this.#count, 0x9e37_79b1)
    const body = this.likely.body(api, version)
    const frame = encodeRequest({ api, version, correlationId, clientId: 'fuzz' }, body as never)
    const original = Buffer.concat(frame).subarray(4)
    const isMutated = this.below(4) > 0
    const bytes = isMutated ? this.#mutated(original) : original
    const isAnswerable =
      isServed(api, version) && bytes.subarray(0, headerBytes).equals(original.subarray(0, headerBytes))
    return { bytes, isMutated, ...(isAnswerable && { sent: { api, version, body, correlationId } }) }
  }

  /** Now and then one that the codecs know and the broker does not serve. */
  #version(api: ApiName): number {
    const [first, last] = messages[api].versions
    const version = first + this.below(last - first + 1)
    return isServed(api, version) || this.below(16) === 0 ? version : this.#version(api)
  }

  #mutated(original: Buffer): Buffer {
    if (this.below(8) === 0) return resized(original, this.below)
    const bytes = Buffer.from(original)
    // More often behind the header: else nothing comes through.
    damage(this.below(16) === 0 ? bytes : bytes.subarray(headerBytes), this.below, 1 + this.below(2))
    return bytes
  }
}

/** Never sent as such: its answer shows that all before it are answered. */
const markerId = 0x7777_7777

class FuzzConnection {
  readonly #run: FuzzRun
  readonly #stream: Duplex
  readonly #splitter = new FrameSplitter(100 * 1024 * 1024)
  #marked: (() => void) | undefined
  #isClosed = false
  readonly #sent = new Map<number, Sent>()
  #mutatedSent = 0

  constructor(run: FuzzRun, stream: Duplex) {
    this.#run = run
    this.#stream = stream
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => this.#splitter.push(chunk).forEach((message) => this.#read(message)))
    stream.on('close', () => {
      this.#isClosed = true
      this.#marked?.()
    })
  }

  #read(message: Buffer): void {
    const correlationId = message.readInt32BE(0)
    if (correlationId === markerId) return this.#marked?.()
    const sent = this.#sent.get(correlationId)
    if (sent === undefined) return
    this.#sent.delete(correlationId)
    try {
      this.#run.likely.learn(sent.api, sent.body, decodeResponse(sent.api, sent.version, message))
    } catch (error) {
      this.#run.undecodable.push(error)
    }
  }

  /** Bursts until the broker closes, or enough were sent; at the end often with a frame whose size is a lie. */
  async run(): Promise<void> {
    const { below } = this.#run
    for (let left = 40; left > 0 && !this.#isClosed; left--) {
      await this.#burst(1 + below(3))
      this.#run.bursts++
      if (this.#isClosed) this.#run.closed++
      else this.#run.answered += this.#mutatedSent
      this.#mutatedSent = 0
    }
    if (!this.#isClosed) await this.#endWithLie()
  }

  #burst(count: number): Promise<void> {
    const frames: Buffer[] = []
    for (let i = 0; i < count; i++) {
      const { bytes, isMutated, sent } = this.#run.request()
      if (sent !== undefined) this.#sent.set(sent.correlationId, sent)
      if (isMutated) this.#mutatedSent++
      frames.push(framed(bytes))
    }
    const marker = { api: 'ApiVersions', version: 0, correlationId: markerId, clientId: null } as const
    frames.push(Buffer.concat(encodeRequest(marker, { clientSoftwareName: '', clientSoftwareVersion: '' })))
    return new Promise((resolve) => {
      this.#marked = resolve
      this.#writeInPieces(Buffer.concat(frames))
    })
  }

  #writeInPieces(bytes: Buffer): void {
    const cut = this.#run.below(bytes.length)
    this.#stream.write(bytes.subarray(0, cut))
    this.#stream.write(bytes.subarray(cut))
  }

  async #endWithLie(): Promise<void> {
    const { below } = this.#run
    const bytes = framed(this.#run.request().bytes)
    bytes.writeInt32BE([below(2 ** 32) | 0, 0x7fff_ffff, -1, bytes.length + below(100)][below(4)]!, 0)
    const closed = new Promise<void>((resolve) => this.#stream.once('close', () => resolve()))
    this.#stream.end(bytes)
    await closed
    this.#run.closed++
  }
}

function framed(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

/*
 * Requests that a broker takes seriously: of a table at a version, with names that exist, producers and members that the broker has
 * made, and record batches whose checksums fit. Purely random ones end at the first look-up.
 */
import { compress, compressionCode, type Compression } from '../../src/protocol/compression/compression.ts'
import { messages, type ApiName, type RequestOf, type ResponseOf } from '../../src/protocol/messages/messages.ts'
import { BatchHeader } from '../../src/protocol/records/batch-header.ts'
import { defaultOf } from '../../src/protocol/wire/defaults.ts'
import { fieldSpecs, includes, type FieldSpec } from '../../src/protocol/wire/field-spec.ts'
import type { Fields } from '../../src/protocol/wire/message-table.ts'
import { damage, type Below } from './mutate.ts'
import { storedBatch } from './record-batches.ts'

interface Producer {
  readonly transactionalId: string | null
  readonly producerId: number
  readonly producerEpoch: number
}

interface Member {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
}

/** Topics that are there all the time, or soon again. */
export const likelyTopics = ['t', 'u', 'compacted'] as const
const topics = [
  ...likelyTopics,
  ...likelyTopics,
  ...likelyTopics,
  'missing',
  'new-0',
  'new-1',
  '',
  '..',
  '__consumer_offsets',
  'a b',
]
const groups = ['g', 'h', '']
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'GSSAPI']
const tokens = [
  '\0alice\0secret',
  '\0alice\0wrong',
  'n,,n=alice,r=abc',
  'c=biws,r=abc,p=AAAA',
  'n,,\u0001auth=Bearer a.b.c\u0001\u0001',
  '\u0001',
]
const transactionalIds = ['x', 'y', '']
const otherTexts = [
  '',
  'consumer',
  'range',
  'millrace',
  'test',
  '\u0000',
  'cleanup.policy',
  'Stable',
  'retention.ms',
  'delete',
  '-1',
]
const numbers = [-3, -2, -1, 0, 0, 0, 1, 1, 2, 3, 5, 100, 10_000]
const largest: Readonly<Record<string, number>> = { int8: 127, int16: 32_767, int32: 2_147_483_647, int64: 2 ** 53 - 1 }
/** Of numbers that are names of something. */
const meanings: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^acks$/, [-1, -1, 1, 1, 0, 3]],
  [/^resourceType$/, [2, 2, 2, 4, 1]],
  [/^keyType$|^isolationLevel$/, [0, 1, 1, 2]],
  [/partition|^index$/i, [0, 0, 0, 1, 1, 2, -1]],
  [/epoch$/i, [-1, -1, 0, 0, 1]],
]
const compressions = ['none', 'gzip', 'snappy', 'lz4'] as const satisfies readonly Compression[]

const batches = compressions.map((compression) =>
  storedBatch(
    Array.from({ length: 3 }, (_, i) => ({ key: Buffer.from(`k${i}`), value: Buffer.from(`value ${i}`) })),
    { compression },
  ),
)

export class LikelyRequests {
  readonly #below: Below
  readonly #producers: Producer[] = [{ transactionalId: null, producerId: -1, producerEpoch: -1 }]
  readonly #members: Member[] = groups.map((groupId) => ({ groupId, memberId: '', generationId: -1 }))
  /** Who sends the next request. */
  #producer: Producer = this.#producers[0]!
  #member: Member = this.#members[0]!

  constructor(below: Below) {
    this.#below = below
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!
  }

  body(api: ApiName, version: number): Readonly<Record<string, unknown>> {
    this.#producer = this.#pick(this.#producers)
    this.#member = this.#pick(this.#members)
    return this.#struct(messages[api].request, version)
  }

  /** What an answer brought, for the requests to come. */
  learn(api: ApiName, request: object, response: unknown): void {
    if (api === 'InitProducerId') {
      const { transactionalId } = request as RequestOf<'InitProducerId'>
      this.#producers.push({ ...(response as ResponseOf<'InitProducerId'>), transactionalId })
    }
    if (api === 'JoinGroup') {
      const { groupId } = request as RequestOf<'JoinGroup'>
      this.#members.push({ ...(response as ResponseOf<'JoinGroup'>), groupId })
    }
    for (const known of [this.#producers, this.#members]) if (known.length > 6) known.splice(groups.length, 1)
  }

  #struct(fields: Fields, version: number): Readonly<Record<string, unknown>> {
    return Object.fromEntries(fieldSpecs(fields).map((spec) => [spec.name, this.#field(spec, version)]))
  }

  #field(spec: FieldSpec, version: number): unknown {
    if (!includes(spec.versions, version)) return defaultOf(spec)
    if (includes(spec.nullable, version) && this.#below(4) === 0) return null
    const one = (): unknown => (spec.fields === undefined ? this.#primitive(spec) : this.#struct(spec.fields, version))
    return spec.array ? Array.from({ length: this.#below(4) }, one) : one()
  }

  #primitive({ name, type }: FieldSpec): unknown {
    switch (type) {
      case 'bool':
        return this.#below(2) === 1
      case 'string':
        return this.#text(name)
      case 'bytes':
        return Buffer.from(this.#pick(name === 'authBytes' ? tokens : otherTexts))
      case 'records':
        return this.#records()
      case 'uuid':
        return Buffer.alloc(16, this.#below(3)).toString('base64url')
      default:
        return this.#number(name, type)
    }
  }

  #text(name: string): string {
    const asItIs = this.#below(8) > 0
    if (name === 'memberId' && asItIs) return this.#member.memberId
    if (name === 'groupId' && asItIs) return this.#member.groupId
    if (name === 'transactionalId' && asItIs) return this.#producer.transactionalId ?? this.#pick(transactionalIds)
    if (name === 'protocolType' && asItIs) return 'consumer'
    if (name === 'mechanism') return this.#pick(mechanisms)
    if (/group/i.test(name)) return this.#pick(groups)
    if (/transactional/i.test(name)) return this.#pick(transactionalIds)
    if (/^key$|coordinatorKeys/i.test(name)) return this.#pick([...groups, ...transactionalIds])
    return /topic|name/i.test(name) && this.#below(8) > 0 ? this.#pick(topics) : this.#pick(otherTexts)
  }

  #number(name: string, type: string): number {
    const limit = largest[type]!
    if (this.#below(12) === 0) return this.#pick([limit, -limit - 1, limit - 1])
    if (name === 'producerId') return this.#producer.producerId
    if (name === 'producerEpoch') return this.#producer.producerEpoch
    if (name === 'generationId') return this.#member.generationId
    if (/timeoutMs/i.test(name) && this.#below(2) === 0) return 10_000
    if (/bytes/i.test(name) && this.#below(2) === 0) return Math.min(limit, 1_000_000)
    const [, likely = numbers] = meanings.find(([pattern]) => pattern.test(name)) ?? []
    return Math.min(limit, this.#pick(likely))
  }

  /** Half of them damaged behind a checksum that fits, some before they were compressed. */
  #records(): Buffer {
    const bytes = Buffer.from(this.#pick(batches))
    const { producerId, producerEpoch } = this.#producer
    const batch = new BatchHeader(bytes, 0)
    const transactional = producerId >= 0 && this.#below(2) === 0
    batch.stamp({ producerId: BigInt(producerId), producerEpoch, firstSequence: this.#below(4) - 1, transactional })
    if (this.#below(2) === 0) return bytes
    const body = bytes.subarray(batch.bodyStart)
    damage(this.#below(3) === 0 ? bytes.subarray(21) : body, this.#below)
    if (this.#below(2) === 0 || batch.compressionCode !== 0) return sealed(bytes)
    const compression = this.#pick(compressions)
    bytes[22] = bytes[22]! | compressionCode[compression]
    return sealed(Buffer.concat([bytes.subarray(0, batch.bodyStart), compress(body, compression)]))
  }
}

/** With length, magic and checksum made right, so that what lies behind them is met. */
export function sealed(bytes: Buffer): Buffer {
  bytes[16] = 2
  bytes.writeInt32BE(bytes.length - 12, 8)
  new BatchHeader(bytes, 0).sealChecksum()
  return bytes
}

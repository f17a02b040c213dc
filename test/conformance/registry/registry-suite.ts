import avsc from 'avsc'
import { describe, expect, test } from 'vitest'
import { avro, type AvroOptions } from '../../../src/serde/avro.ts'
import { confluentRegistry } from '../../../src/serde/confluent-registry.ts'
import type { Serde } from '../../../src/serde/serde.ts'

const id = { name: 'id', type: 'string' }
const orderOf = (...fields: object[]): object => ({ type: 'record', name: 'Order', namespace: 'shop', fields })
const first = orderOf(id, { name: 'count', type: 'int' })
const second = orderOf(id, { name: 'count', type: 'long' }, { name: 'currency', type: 'string', default: 'EUR' })
const breaking = orderOf(id, { name: 'buyer', type: 'string' })

/** Reads only what was written with its own scale, as a decimal must. */
class CentsType extends avsc.types.LogicalType {
  readonly scale: number
  constructor(schema: { readonly scale: number }, options: unknown) {
    super(schema as never, options)
    this.scale = schema.scale
  }
  _fromValue(bytes: Buffer): string {
    return `${bytes.readInt8()}e-${this.scale}`
  }
  _toValue(text: unknown): Buffer {
    return Buffer.of(Number.parseInt(String(text)))
  }
  override _resolve(type: avsc.Type): ((value: string) => string) | undefined {
    return type instanceof CentsType && type.scale === this.scale ? (value) => value : undefined
  }
}

/** What Millrace needs of a schema registry, through KafkaJS's client of it. */
export function registrySuite(url: () => string): void {
  describe('a schema registry', () => {
    /** A serde as an app of its own would have it: no cache is shared. */
    async function serdeFor<T>(topic: string, schema: object, options?: AvroOptions): Promise<Serde<T>> {
      const registry = confluentRegistry({ url: url() })
      return await avro<T>(schema, options).bind!({ topic, part: 'value', registry })
    }

    async function setCompatibility(subject: string, compatibility: string): Promise<void> {
      const answer = await fetch(`${url()}/config/${subject}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ compatibility }),
      })
      expect(answer.status).toBe(200)
    }

    async function compatibilityOf(subject: string): Promise<unknown> {
      const answer = await fetch(`${url()}/config/${subject}?defaultToGlobal=true`)
      return ((await answer.json()) as { compatibilityLevel: string }).compatibilityLevel
    }

    test('what one app writes, an app with a newer schema reads', async () => {
      const written = (await serdeFor<object>('orders', first)).serialize({ id: 'o-1', count: 3 })
      const newer = await serdeFor<object>('orders', second)
      await newer.prime!(written)
      expect(newer.deserialize(written)).toEqual({ id: 'o-1', count: 3, currency: 'EUR' })

      const older = await serdeFor<object>('orders', first)
      const writtenByNewer = newer.serialize({ id: 'o-2', count: 4, currency: 'USD' })
      // A reader with the older schema cannot hold a long in its int: the handler is told, per record.
      await older.prime!(writtenByNewer)
      expect(() => older.deserialize(writtenByNewer)).toThrow(
        expect.objectContaining({ code: 'MILLRACE_DECODE_FAILED' }),
      )
    })

    test('one schema keeps its id, and the rule of the subject stays what its owner set', async () => {
      const registry = confluentRegistry({ url: url() })
      const schemaId = await registry.register('stable-value', JSON.stringify(first))
      await setCompatibility('stable-value', 'FULL')
      expect(await confluentRegistry({ url: url() }).register('stable-value', JSON.stringify(first))).toBe(schemaId)
      await registry.register(
        'stable-value',
        JSON.stringify(orderOf(id, { name: 'count', type: 'int' }, { name: 'note', type: 'string', default: '' })),
      )
      expect(await compatibilityOf('stable-value')).toBe('FULL')
    })

    test('a schema that breaks the rule of its subject stops the app before its first record', async () => {
      await serdeFor('guarded', first)
      await setCompatibility('guarded-value', 'BACKWARD')
      await expect(serdeFor('guarded', breaking)).rejects.toThrow(
        expect.objectContaining({
          code: 'MILLRACE_REGISTRY_FAILED',
          retriable: false,
          message: expect.stringMatching(
            /registering a schema under guarded-value .*Incompatible.*a default for each new field/is,
          ),
        }),
      )
      await expect(serdeFor('guarded', second)).resolves.toHaveProperty('name', 'avro(shop.Order)')
    })

    test('a record with an id that the registry does not know is a decode error', async () => {
      const serde = await serdeFor<object>('orders', first)
      const stray = Buffer.from(serde.serialize({ id: 'o-1', count: 3 }))
      stray.writeInt32BE(2_000_000_000, 1)
      await serde.prime!(stray)
      expect(() => serde.deserialize(stray)).toThrow('schema id 2000000000, which the registry does not know')
    })

    test('logical types come back from the registry with their attributes', async () => {
      const price = { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 } }
      const options = { logicalTypes: { decimal: CentsType } }
      const written = (await serdeFor<object>('prices', orderOf(price), options)).serialize({ price: '25' })
      const newer = await serdeFor<object>(
        'prices',
        orderOf(price, { name: 'note', type: 'string', default: '' }),
        options,
      )
      await newer.prime!(written)
      expect(newer.deserialize(written)).toEqual({ price: '25e-2', note: '' })
    })
  })
}

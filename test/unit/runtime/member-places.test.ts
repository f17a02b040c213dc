import { expect, test } from 'vitest'
import { decodeAddress, decodePlaces, encodeAddress, encodePlaces } from '../../../src/runtime/member-places.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

test('an address comes back, and none is no bytes', () => {
  expect(decodeAddress(encodeAddress('host:8080'))).toBe('host:8080')
  expect(encodeAddress(undefined)).toEqual(new Uint8Array(0))
  expect(decodeAddress(new Uint8Array(0))).toBeNull()
})

test('places come back, of members without an address or a partition too', () => {
  const partitions = [
    { topic: 'a', partition: 1 },
    { topic: 'a', partition: 0 },
    { topic: 'b', partition: 7 },
  ]
  const places = [
    { address: 'host:8080', partitions },
    { address: null, partitions: [] },
  ]
  expect(decodePlaces(encodePlaces(places))).toEqual(places)
})

test('nobody with an address: not a byte is sent', () => {
  expect(encodePlaces([{ address: null, partitions: [{ topic: 'a', partition: 1 }] }])).toEqual(new Uint8Array(0))
  expect(decodePlaces(new Uint8Array(0))).toEqual([])
})

test("what strangers or later versions write does not end the group's work", () => {
  for (const bytes of [utf8('{'), utf8('null'), utf8('7'), Uint8Array.of(0, 1, 255)]) {
    expect(decodeAddress(bytes)).toBeNull()
    expect(decodePlaces(bytes)).toEqual([])
  }
  const later = '{"members":[7,{"address":1,"partitions":{"a":[1,"2",null],"b":3}},{"address":"x:1","zone":"z"}],"v":9}'
  expect(decodePlaces(utf8(later))).toEqual([
    { address: null, partitions: [{ topic: 'a', partition: 1 }] },
    { address: 'x:1', partitions: [] },
  ])
})

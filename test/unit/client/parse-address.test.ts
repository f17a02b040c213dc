import { expect, test } from 'vitest'
import { parseAddress } from '../../../src/client/parse-address.ts'

test.each([
  ['broker.example:9093', 'broker.example', 9093],
  ['broker', 'broker', 9092],
  ['10.0.0.1:1', '10.0.0.1', 1],
  ['[::1]:9094', '::1', 9094],
  ['[fe80::2]', 'fe80::2', 9092],
])('%s', (address, host, port) => {
  expect(parseAddress(address)).toEqual({ host, port })
})

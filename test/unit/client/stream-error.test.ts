import { expect, test } from 'vitest'
import { streamError, unusable } from '../../../src/client/network/stream-error.ts'

const failure = (message: string, code: string): Error => Object.assign(new Error(message), { code })

test.each([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])('a certificate that is not trusted is not tried again: %s', (code) => {
  const error = streamError('b:1', failure('no', code), 'opening')
  expect(error).toMatchObject({ code: 'MILLRACE_AUTHENTICATION_FAILED', retriable: false })
  expect(error.message).toMatch(/b:1 is not trusted.*ssl/)
})

test('a network that fails is tried again, naming the broker and the reason', () => {
  const error = streamError('b:1', failure('connect ECONNREFUSED', 'ECONNREFUSED'), 'opening')
  expect(error).toMatchObject({ code: 'MILLRACE_BROKER_UNREACHABLE', retriable: true })
  expect(error.message).toMatch(/b:1 failed: connect ECONNREFUSED/)
  // Node gives no message when every address of a name failed.
  expect(streamError('b:1', failure('', 'ECONNREFUSED'), 'opening').message).toContain('ECONNREFUSED')
})

test('a broker that hangs up instead of answering may want TLS or a login; one that answered before does not', () => {
  expect(streamError('b:1', undefined, 'unanswered').message).toMatch(/TLS.*SASL/)
  expect(streamError('b:1', undefined, 'in use').message).not.toMatch(/TLS|SASL/)
})

test('certificates that Node cannot read are not tried again', () => {
  expect(unusable('b:1', new Error('no start line'))).toMatchObject({ retriable: false })
})

import { expect, test } from 'vitest'
import { fuzzFront, type FrontFuzzOptions } from './front-fuzz.ts'

const heldBytesMax = 64 * 1024 * 1024
const timeout = 900_000

/** The promise of the broker's front, on as many requests as there is time for. */
export function frontFuzzSuite({ requests, seed }: Pick<FrontFuzzOptions, 'requests' | 'seed'>): void {
  const run = async (options: Partial<FrontFuzzOptions>): Promise<void> => {
    const { failures, undecodable, heldBytes, answered, closed } = await fuzzFront({ requests, seed, ...options })
    console.log(`seed ${seed}: ${answered} mutated requests were answered, for ${closed} a connection was closed`)
    expect([failures, undecodable]).toEqual([[], []])
    expect([answered > closed / 10, closed > answered / 10]).toEqual([true, true])
    expect(heldBytes).toBeLessThan(heldBytesMax)
  }

  test(
    `${requests} mutated requests of all APIs and versions: each is answered or its connection is closed, no handler throws, memory is bounded, others are served (seed ${seed})`,
    { timeout },
    () => run({}),
  )

  test(
    `${requests / 10} mutated authentications: each is answered or its connection is closed, nothing throws (seed ${seed})`,
    { timeout },
    () =>
      run({
        requests: requests / 10,
        apis: ['SaslHandshake', 'SaslAuthenticate', 'ApiVersions'],
        sasl: { users: { alice: 'secret' }, oauthBearer: 'unsecured' },
      }),
  )
}

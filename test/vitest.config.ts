import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Whole apps and processes: the same suites on every broker and by every client (test/support/app-broker.ts). */
const appSuites = {
  root: `${import.meta.dirname}/..`,
  include: ['test/app/**/*.app.test.ts'],
  testTimeout: 400_000,
  hookTimeout: 300_000,
  // They wait most of the time, for the session of a killed member to end. Two at a time, but not two of a real Kafka.
  maxWorkers: 2,
}

const sourceConditions = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } }

/** One project per folder of test/: what it holds and what it needs stands in docs/ARCHITECTURE.md. */
const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        ...sourceConditions,
        test: {
          name: 'unit',
          setupFiles: ['test/support/property-seed.ts'],
          // Generous: a loaded machine is slow, and a test that hangs is found all the same.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          root: `${import.meta.dirname}/..`,
          include: ['test/unit/**/*.test.ts', 'test/conformance/**/*.conformance.test.ts'],
        },
      },
      {
        ...sourceConditions,
        test: {
          name: 'types',
          root: `${import.meta.dirname}/..`,
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: 'tsconfig.json',
            // `npm run check:types` has the sources; here only what the type tests say counts.
            ignoreSourceErrors: true,
          },
        },
      },
      {
        ...sourceConditions,
        test: {
          name: 'integration',
          root: `${import.meta.dirname}/..`,
          include: ['test/integration/**/*.kafka.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        ...sourceConditions,
        test: {
          name: 'endurance',
          root: `${import.meta.dirname}/..`,
          include: ['test/endurance/**/*.endurance.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        ...sourceConditions,
        test: { ...appSuites, name: 'app', provide: { broker: 'embedded', client: 'millrace' } },
      },
      {
        ...sourceConditions,
        test: { ...appSuites, name: 'app-kafka', maxWorkers: 1, provide: { broker: 'kafka', client: 'millrace' } },
      },
      {
        ...sourceConditions,
        test: {
          ...appSuites,
          name: 'app-kafkajs',
          maxWorkers: 1,
          // What the two clients could do differently: crashes, restarts and rebalances, errors of the broker.
          include: ['test/app/{kill,word-ids,failures}.app.test.ts'],
          provide: { broker: 'kafka', client: 'kafkajs' },
        },
      },
    ],
  },
})
export default config

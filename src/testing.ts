/* The second door: what users' tests need beside `millrace`. */
export { createTestDriver } from './testing/topology-test-driver.ts'
export type { TestDriverOptions, TopologyTestDriver } from './testing/topology-test-driver.ts'
export type { WrittenRecord } from './testing/driver-topics.ts'
export type { TestInputTopic, TestOutputTopic, TestRecord, TestTopicSerdes } from './testing/test-topics.ts'
export { startKafka } from './testing/kafka-server.ts'
export { startSchemaRegistry } from './registry/start-schema-registry.ts'
export type { EmbeddedSchemaRegistry, SchemaRegistryOptions } from './registry/start-schema-registry.ts'

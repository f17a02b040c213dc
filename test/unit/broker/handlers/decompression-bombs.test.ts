import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import { decompressionBombs } from '../../../support/decompression-bombs.ts'
import { readRecords } from '../../../support/record-batches.ts'
import { connectTo, newTestBroker } from '../../../support/test-broker.ts'

const broker = newTestBroker()
beforeAll(() =>
  broker.control.createTopic({ name: 't', configs: { 'max.message.bytes': '100000000', 'retention.ms': '-1' } }),
)
afterAll(() => broker.close())

/** 256 MB of content, once, and what the machine keeps of it. */
const growthMax = 450 * 1024

test.each(decompressionBombs)(
  'a $compression batch that holds more than 256 MB is refused by the broker and by readers, and costs no more memory than that',
  async ({ make }) => {
    const records = make()
    const before = process.resourceUsage().maxRSS
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
    const { responses } = await connectTo(broker).send('Produce', 9, { acks: -1, topicData })
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(kafkaError.CORRUPT_MESSAGE)
    expect(() => readRecords(records)).toThrow(expect.objectContaining({ code: 'MILLRACE_RECORDS_CORRUPT' }))
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(growthMax)
  },
)

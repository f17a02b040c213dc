import { beforeAll, describe, expect, test } from 'vitest'
import { askWireQuestions } from './ask-wire-questions.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { kafkaAnswers } from './kafka-answers.ts'
import { questions } from './wire-questions.ts'

/** Requests in all versions that the embedded broker serves, most of them wrong in some way. */
export function wireAnswersSuite(broker: () => BrokerUnderTest): void {
  describe('requests are answered as Apache Kafka 4.1.0 did', () => {
    let lines: readonly string[]
    const of = (all: readonly string[], api: string): readonly string[] =>
      all.filter((line) => line.startsWith(`${api} `))

    beforeAll(async () => {
      lines = await askWireQuestions(broker())
    })

    test.each(Object.keys(questions))('%s', (api) => {
      const wanted = of(kafkaAnswers(), api)
      expect(wanted.length).toBeGreaterThan(0)
      expect(of(lines, api)).toEqual(wanted)
    })
  })
}

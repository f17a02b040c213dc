/* Writes kafka-4.1.0-answers.txt: what the real broker answers to our questions. `tsx test/conformance/broker/write-answers.ts` */
import { writeFileSync } from 'node:fs'
import { startKafka } from '../../../src/testing/kafka-server.ts'
import { askWireQuestions } from './ask-wire-questions.ts'
import { answersFile } from './kafka-answers.ts'

const kafka = await startKafka()
const lines = await askWireQuestions({ bootstrap: kafka.bootstrap, transactionsV2: true })
await kafka.stop()
writeFileSync(answersFile, `${lines.join('\n')}\n`)

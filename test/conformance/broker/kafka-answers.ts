import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const answersFile: string = join(import.meta.dirname, 'kafka-4.1.0-answers.txt')

/** What Apache Kafka 4.1.0 answered; `write-answers.ts` wrote it. */
export function kafkaAnswers(): readonly string[] {
  return readFileSync(answersFile, 'utf8').trimEnd().split('\n')
}

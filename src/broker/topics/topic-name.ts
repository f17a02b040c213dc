import { Refusal } from '../refusal.ts'

const nameLengthMax = 249

/** @throws Refusal INVALID_TOPIC_EXCEPTION, by the rules of Kafka's class Topic */
export function checkTopicName(name: string): void {
  const problem = problemOfName(name)
  if (problem !== undefined) throw new Refusal('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${problem}`)
}

function problemOfName(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return "'.' or '..' is not allowed"
  if (name.length > nameLengthMax)
    return `the length of '${name}' is longer than the max allowed length ${nameLengthMax}`
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  return undefined
}

/** Names that differ only in this would have the same metrics, and Kafka refuses the second one. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}

export function isInternalTopic(name: string): boolean {
  return name === '__consumer_offsets' || name === '__transaction_state'
}

import type { Letter } from '../runtime/letter.ts'
import type { ReplayStep } from '../runtime/plan-replay.ts'
import { readable } from './readable.ts'

export type ListFormat = 'text' | 'json'

export function printLetters(letters: readonly Letter[], format: ListFormat): string {
  if (format === 'json') return `${JSON.stringify(letters.map(jsonOf), null, 2)}\n`
  return letters.map((letter) => `${textOf(letter)}\n`).join('') + `${summary(letters)}\n`
}

function jsonOf(letter: Letter): object {
  const { topic, partition, offset, node, exception, message, attempts, parked, application, timestamp, place } = letter
  const key = readable(letter.key)
  const value = readable(letter.value)
  return {
    topic,
    partition,
    offset,
    key,
    value,
    timestamp,
    parked,
    attempts,
    node,
    exception,
    message,
    application,
    letter: place,
  }
}

function textOf(letter: Letter): string {
  const { node, attempts, message, exception } = letter
  const tried = triedTexts[attempts] ?? `tried ${attempts} times`
  return `${position(letter)}  key ${keyText(letter)}  ${state(letter)} at ${node ?? '?'}, ${tried}\n    ${message ?? exception ?? 'no cause was given'}`
}

const triedTexts = ['not tried yet', 'tried once']

function state({ parked }: Letter): string {
  if (parked === 'poisoned') return 'failed and parked its key,'
  return parked === 'behind' ? 'held back, its key is parked' : 'failed'
}

/** As `--discard` takes it. */
export function position({ topic, partition, offset }: Letter): string {
  return `${topic}-${partition}@${offset ?? 'unwritten'}`
}

export function printSteps(steps: readonly ReplayStep[]): string {
  return steps
    .map(({ letter, discard }) => `${discard ? 'discard' : 'replay '}  ${position(letter)}  key ${keyText(letter)}\n`)
    .join('')
}

function keyText({ key }: Letter): string {
  return readable(key) ?? '(none)'
}

function summary(letters: readonly Letter[]): string {
  const count = (parked: Letter['parked']): number => letters.filter((letter) => letter.parked === parked).length
  if (letters.length === 0) return 'No dead letters.'
  const parts = `${count(null)} failed, ${count('poisoned')} parked their key, ${count('behind')} held back behind them`
  return `${letters.length} ${letters.length === 1 ? 'dead letter' : 'dead letters'}: ${parts}.`
}

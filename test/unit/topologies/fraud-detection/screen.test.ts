import { expect, test } from 'vitest'
import { createScreen } from '../../../../topologies/fraud-detection/screen.ts'

function output(isTTY: boolean): { stream: NodeJS.WriteStream; written: () => string } {
  let text = ''
  const stream = { isTTY, columns: 10, write: (part: string) => (text += part) }
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => text }
}

test('on a terminal the status is cut to the line and stays under what is written', () => {
  const { stream, written } = output(true)
  const screen = createScreen(stream)
  screen.status('a long status line')
  screen.line('alert')
  expect(written()).toBe('\r\x1b[Ka long st\r\x1b[Kalert\na long st')
})

test('elsewhere there are lines only, and not every status', () => {
  const { stream, written } = output(false)
  const screen = createScreen(stream)
  screen.line('alert')
  screen.status('1 of 2')
  screen.status('2 of 2')
  expect(written()).toBe('alert\n1 of 2\n')
})

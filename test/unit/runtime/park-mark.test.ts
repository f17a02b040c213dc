import { describe, expect, test } from 'vitest'
import { admission, heldBack, poisoned, resolved, type Arrival } from '../../../src/runtime/park-mark.ts'

function fresh(position: number): Arrival {
  return { position, replay: undefined }
}

function replayed(offset: number, position: number, more: { previous?: number; parked?: boolean } = {}): Arrival {
  const { previous = -1, parked = true } = more
  return { position, replay: { offset, previous, attempts: 1, parked, discard: false, path: [] } }
}

/** The record at 5 failed, that at 7 came behind it. */
const parked = heldBack(poisoned(null, fresh(5), 'score'), fresh(7))

describe('a parked key', () => {
  test('keeps back what is new', () => {
    expect(admission(parked, fresh(8))).toBe('hold')
    expect(admission(null, fresh(8))).toBe('pass')
  })

  test('lets through what is read again from before it was parked', () => {
    expect(admission(parked, fresh(4))).toBe('pass')
    expect(admission(parked, fresh(5))).toBe('hold')
  })

  test('lets the failed record through first, whatever a replay leaves out', () => {
    expect(admission(parked, replayed(7, 10))).toBe('hold')
    expect(admission(parked, replayed(5, 10))).toBe('pass')
  })

  test('lets the others through one behind the other', () => {
    const mended = resolved(parked, replayed(5, 10))!
    expect(admission(mended, replayed(7, 11, { previous: 5 }))).toBe('pass')
    expect(admission(mended, replayed(7, 11, { previous: 6 }))).toBe('hold')
    expect(resolved(mended, replayed(7, 11, { previous: 5 }))).toBeNull()
  })

  test('stays parked while something came that the replay does not know', () => {
    const later = heldBack(parked, fresh(9))
    const mended = resolved(resolved(later, replayed(5, 10))!, replayed(7, 11, { previous: 5 }))
    expect(mended).toMatchObject({ next: 8, last: 9, blocked: false })
  })

  test('when a replayed record fails again, what is behind it stays behind it', () => {
    const mended = resolved(parked, replayed(5, 10))!
    const again = poisoned(mended, replayed(7, 11, { previous: 5 }), 'score')
    expect(admission(heldBack(again, fresh(9)), replayed(9, 12))).toBe('hold')
    expect(admission(again, replayed(7, 13))).toBe('pass')
  })

  test('drops what a second replay brings, and not what a crash has read again', () => {
    const mended = resolved(parked, replayed(5, 10))!
    expect(admission(mended, replayed(5, 12))).toBe('repeat')
    expect(admission(mended, replayed(5, 10))).toBe('pass')
  })

  test('does not drop a replayed record that was never parked', () => {
    expect(admission(parked, replayed(3, 10, { parked: false }))).toBe('pass')
  })
})

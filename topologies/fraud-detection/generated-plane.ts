import { uniform, type Random } from './random-draws.ts'

/** A customer's habits. */
export interface Customer {
  readonly customerId: number
  /** Dollars. */
  readonly meanAmount: number
  readonly transactionsPerDay: number
  /** Where the customer pays; never empty. */
  readonly terminalIds: readonly number[]
}

interface Place {
  readonly x: number
  readonly y: number
}

const planeSize = 100

/** Puts customers and terminals on the plane; who has no terminal within the radius goes to the nearest. */
export function createPlane(
  options: { readonly customers: number; readonly terminals: number; readonly radius: number },
  random: Random,
): Customer[] {
  const terminals = Array.from({ length: options.terminals }, () => place(random))
  return Array.from({ length: options.customers }, (_, customerId) => {
    const home = place(random)
    return {
      customerId,
      meanAmount: uniform(5, 100, random),
      transactionsPerDay: uniform(0, 4, random),
      terminalIds: terminalsNear(home, terminals, options.radius),
    }
  })
}

function terminalsNear(home: Place, terminals: readonly Place[], radius: number): number[] {
  const near: number[] = []
  let nearest = 0
  let nearestDistance = Number.POSITIVE_INFINITY
  terminals.forEach((terminal, id) => {
    const distance = (terminal.x - home.x) ** 2 + (terminal.y - home.y) ** 2
    if (distance < radius ** 2) near.push(id)
    if (distance < nearestDistance) [nearest, nearestDistance] = [id, distance]
  })
  return near.length > 0 ? near : [nearest]
}

function place(random: Random): Place {
  return { x: uniform(0, planeSize, random), y: uniform(0, planeSize, random) }
}

/** Uniform numbers in [0, 1). Injected wherever chance is needed, so that a seed replays a run. */
export type Random = () => number

/** mulberry32: small, fast, and the same everywhere; for simulations and generated data, never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

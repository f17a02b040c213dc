import { createRequire } from 'node:module'

export type LoadAddon = (name: string) => unknown

/**
 * A native addon that makes things faster where it installed, and undefined where it did not: every user of one has the
 * same in TypeScript, passing the same tests. Tests give their own `load` to have either.
 */
export function optionalAddon<Addon>(
  name: string,
  load: LoadAddon = createRequire(import.meta.url),
): Addon | undefined {
  try {
    return load(name) as Addon
  } catch {
    return undefined
  }
}

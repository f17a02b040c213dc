import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from './functions.ts'

/** A case in the format of test/conformance/oracle/README.md. */
export interface Case {
  readonly name: string
  readonly family: string
  readonly quirk?: string
  readonly config?: { readonly optimize?: boolean; readonly defaultRetention?: boolean }
  readonly topology: readonly CaseNode[]
  readonly inputs: readonly CaseInput[]
  readonly expected: Outcome
}

export interface CaseNode {
  readonly id: string
  readonly op: string
  readonly from?: readonly string[]
  readonly [argument: string]: any
}

export type CaseInput =
  | { readonly topic: string; readonly key: string | null; readonly value: Json; readonly timestamp: number }
  | { readonly advanceWallClock: number }

export interface CaseOutput {
  readonly key: string | null
  readonly value: Json
  readonly timestamp: number
  /** Index of the input that was being processed. */
  readonly in: number
}

export interface StoreRow {
  readonly key: string
  readonly value: Json
  readonly timestamp?: number
}

export interface Outcome {
  readonly outputs: Readonly<Record<string, readonly CaseOutput[]>>
  readonly stores?: Readonly<Record<string, readonly StoreRow[]>>
  readonly error?: { readonly phase: 'build' | 'run'; readonly in?: number; readonly type?: string }
  readonly dropped?: number
}

/** Every case of a folder, by name. */
export function readCases(folder: string): readonly Case[] {
  return files(folder)
    .toSorted()
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Case)
}

function files(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return path.endsWith('.json') ? [path] : []
  return readdirSync(path).flatMap((entry) => files(join(path, entry)))
}

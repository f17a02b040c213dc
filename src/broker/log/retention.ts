import type { LogConfig } from './log-config.ts'
import type { Segment } from './segment.ts'

export interface RetentionOptions {
  readonly config: LogConfig
  readonly nowMs: number
  readonly logStartOffset: number
}

/**
 * How many of the oldest segments are to be deleted, the one that is written to included (UnifiedLog.deleteOldSegments). Whole
 * segments only, and by the largest timestamp in them: what was written today about last year is a year old.
 */
export function countDeletable(segments: readonly Segment[], options: RetentionOptions): number {
  const deleted = countFirst(segments.slice(0, -1), ({ endOffset }) => endOffset <= options.logStartOffset)
  if (!options.config.cleanupPolicy.delete) return deleted
  return Math.max(deleted, expired(segments, options), oversized(segments, options))
}

function expired(segments: readonly Segment[], { config, nowMs }: RetentionOptions): number {
  if (config.retentionMs < 0) return 0
  return countFirst(
    segments,
    (segment) => !isUnused(segment, segments) && nowMs - segment.largestTimestamp > config.retentionMs,
  )
}

function oversized(segments: readonly Segment[], { config }: RetentionOptions): number {
  if (config.retentionBytes < 0) return 0
  let excess = segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0) - config.retentionBytes
  return countFirst(segments, (segment) => {
    excess -= segment.sizeInBytes
    return !isUnused(segment, segments) && excess >= 0
  })
}

/** The last one, still without a record: another would take its place. */
function isUnused(segment: Segment, segments: readonly Segment[]): boolean {
  return segment.sizeInBytes === 0 && segment === segments.at(-1)
}

function countFirst(segments: readonly Segment[], holds: (segment: Segment) => boolean): number {
  const kept = segments.findIndex((segment) => !holds(segment))
  return kept < 0 ? segments.length : kept
}

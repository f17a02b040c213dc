import type { ValueMapper } from '../topology/functions.ts'
import { readTableOptions, type DslContext } from './dsl-context.ts'
import { readOnError } from './error-option.ts'
import type { Joined } from './joined.ts'
import type { KTable } from './ktable.ts'
import type { ForeignKeyJoinOptions, TableOptions } from './options.ts'

export function appendTableJoin<K, R>(
  dsl: DslContext,
  joined: Joined<'inner' | 'left' | 'outer'>,
  options: TableOptions<R>,
): KTable<K, R> {
  const { name = null, value = null, store = null } = options
  return dsl.table({
    kind: 'table-join',
    ...joined,
    value,
    store,
    name,
    ...readTableOptions(dsl, options),
    ...readOnError(dsl, options),
  })
}

export function appendForeignKeyJoin<K, R>(
  dsl: DslContext,
  joined: Joined<'inner' | 'left'>,
  foreignKey: ValueMapper,
  options: ForeignKeyJoinOptions<any, any, R>,
): KTable<K, R> {
  const { name = null, value = null, leftValue = null, rightValue = null, store = null } = options
  return dsl.table({
    kind: 'foreign-key-join',
    ...joined,
    foreignKey,
    value,
    leftValue,
    rightValue,
    store,
    name,
    ...readTableOptions(dsl, options),
    ...readOnError(dsl, options),
  })
}

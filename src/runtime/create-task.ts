import { taskIdName } from '../core/task-id.ts'
import type { PlanNode, PlanSource } from '../planner/plan.ts'
import type { StoreSpec } from '../planner/store-spec.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import { bindForeignKey } from './bind-foreign-key.ts'
import { bindSerde, createStore } from './create-store.ts'
import { SourceRestore } from './source-restore.ts'
import type { TaskStore } from './task-stores.ts'
import { Task } from './task.ts'
import type { TaskOptions } from './task-options.ts'

/** Builds a task: binds serdes (which may ask the registry), makes its stores, queues and operators. */
export async function createTask(options: TaskOptions): Promise<Task> {
  const { id, subtopology, registry, topics } = options
  const sources = subtopology.sources.filter(({ topic }) => topics === undefined || topics.has(topic))
  const bound = await Promise.all(sources.map((source) => bindBoth(source, source.topic, registry)))
  const stores = new Map<string, TaskStore>()
  for (const spec of subtopology.stores) stores.set(spec.name, await createTaskStore(spec, bound, options))
  const nodes = await Promise.all(subtopology.nodes.map((node) => bindSink(node, options)))
  return new Task(options, { id, stores, sources: bound, nodes, globalStores: options.globalStores ?? new Map() })
}

async function createTaskStore(
  spec: StoreSpec,
  sources: readonly PlanSource[],
  options: TaskOptions,
): Promise<TaskStore> {
  const { id, registry } = options
  const made = { ...(await createStore(spec, registry)), changelogTopic: spec.changelogTopic }
  if (!('reusesSource' in spec) || spec.reusesSource !== true) return { ...made, source: null }
  const source = sources.find(({ topic }) => topic === spec.changelogTopic)
  // The table's topic has fewer partitions than its sub-topology has tasks: this one has no part of the table.
  if (source === undefined) return { ...made, source: 'absent' }
  const store = made.store as KeyValueStore<unknown, unknown>
  const place = { partition: id.partition, taskId: taskIdName(id) }
  return { ...made, serdes: source, source: new SourceRestore({ ...options, ...place, source, store }) }
}

async function bindBoth<T extends Pick<PlanSource, 'key' | 'value'>>(
  owner: T,
  topic: string,
  registry: SchemaRegistry | undefined,
): Promise<T> {
  const key = await bindSerde(owner.key, { topic, part: 'key', registry })
  const value = await bindSerde(owner.value, { topic, part: 'value', registry })
  return { ...owner, key, value }
}

/** Where each record names its topic, a serde with a registry is bound to the name of the node instead. */
async function bindSink(node: PlanNode, { applicationId, registry }: TaskOptions): Promise<PlanNode> {
  if (node.operator.kind !== 'sink') return bindForeignKey(node, registry)
  const { topic } = node.operator
  return {
    ...node,
    operator: await bindBoth(
      node.operator,
      typeof topic === 'string' ? topic : `${applicationId}-${node.name}`,
      registry,
    ),
  }
}

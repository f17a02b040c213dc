import { taskIdName } from '../core/task-id.ts'
import type { AsyncServices } from '../operators/async-lane.ts'
import type { ProcessorServices } from '../operators/process.ts'
import type { PlanNode } from '../planner/plan.ts'
import type { StateStore } from '../state/state-store.ts'
import { errorChannel } from '../telemetry/channels.ts'
import { OperatorFactory } from './create-operator.ts'
import type { ErrorDesk } from './error-desk.ts'
import { NodeRunner, type NodeHost } from './node-runner.ts'
import type { RecordCollector } from './record-collector.ts'
import { SinkOperator } from './sink-operator.ts'
import type { TaskStore } from './task-stores.ts'

export interface TaskNodesOptions {
  readonly nodes: readonly PlanNode[]
  readonly stores: ReadonlyMap<string, TaskStore>
  readonly globalStores: ReadonlyMap<string, StateStore>
  readonly collector: RecordCollector
  readonly services: ProcessorServices
  readonly async: AsyncServices
}

/** Makes the operators of a task and joins them up. @returns them by name, parents before children */
export function makeRunners(host: NodeHost, options: TaskNodesOptions): ReadonlyMap<string, NodeRunner> {
  const { nodes, collector } = options
  const stores = new Map(options.globalStores)
  for (const [name, { store }] of options.stores) stores.set(name, store)
  const factory = new OperatorFactory(stores, (spec) => new SinkOperator(spec, collector), options)
  const runners = new Map(nodes.map((node) => [node.name, new NodeRunner(node, factory.create(node.operator), host)]))
  for (const node of nodes) for (const child of node.children) runners.get(node.name)!.addChild(runners.get(child)!)
  for (const runner of runners.values()) runner.init()
  return runners
}

/** @throws ProcessingError when a processor's `init` fails */
export function startRunners(runners: Iterable<NodeRunner>, errors: ErrorDesk): void {
  for (const runner of runners) {
    try {
      runner.start()
    } catch (thrown) {
      errors.failedOutside(thrown, runner.nodeName, 'init')
    }
  }
}

/** One that fails does not keep the others from it. */
export function closeRunners(runners: Iterable<NodeRunner>): void {
  for (const runner of runners) {
    try {
      runner.close()
    } catch (error) {
      const taskId = taskIdName(runner.taskId)
      errorChannel.publish({ stage: 'process', answer: 'continue', error: error as Error, taskId })
    }
  }
}

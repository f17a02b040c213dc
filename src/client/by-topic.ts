/** Groups partitions the way Kafka's requests list them; keeps their order. */
export function byTopic<T extends { readonly topic: string }>(items: Iterable<T>): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(item.topic)
    if (group === undefined) groups.set(item.topic, [item])
    else group.push(item)
  }
  return groups
}

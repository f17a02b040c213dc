import type { Random } from '../core/random.ts'

const idBytes = 16

/** A uuid as Kafka prints it (base64url without padding), for topics and the cluster. Kafka's begin with no dash: tools would take it for an option. */
export function randomId(random: Random): string {
  for (;;) {
    const id = Buffer.from(Array.from({ length: idBytes }, () => Math.floor(random() * 256))).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

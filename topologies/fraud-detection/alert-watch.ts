import type { FraudAlert } from './schemas.ts'
import { formatCount } from './progress.ts'
import type { Screen } from './screen.ts'
import type { LabelledTransaction } from './transactions-csv.ts'

/** More than this nobody can read; the others are counted. */
const alertsPerSecond = 2

/** Shows alerts as they come, and how good they are. */
export class AlertWatch {
  readonly #screen: Screen
  /** By transaction: an alert may come twice after a crash. */
  readonly #alerted = new Set<number>()
  readonly #frauds = new Set<number>()
  #shownAt = Number.NEGATIVE_INFINITY

  constructor(screen: Screen) {
    this.#screen = screen
  }

  get count(): number {
    return this.#alerted.size
  }

  show(alert: FraudAlert): void {
    this.#alerted.add(alert.transactionId)
    if (process.uptime() - this.#shownAt < 1 / alertsPerSecond) return
    this.#shownAt = process.uptime()
    this.#screen.line(formatAlert(alert))
  }

  /** What alerts are held against. */
  learn(transactions: readonly LabelledTransaction[]): void {
    for (const { transactionId, fraud } of transactions) if (fraud) this.#frauds.add(transactionId)
  }

  summary(): string {
    const hits = [...this.#alerted].filter((id) => this.#frauds.has(id)).length
    const precision = share(hits, this.#alerted.size)
    const recall = share(hits, this.#frauds.size)
    return `${formatCount(this.count)} alerts for ${formatCount(this.#frauds.size)} frauds: precision ${precision}, recall ${recall}`
  }
}

function formatAlert({ time, customerId, terminalId, amount, score, reason }: FraudAlert): string {
  const when = new Date(time).toISOString().slice(0, 16).replace('T', ' ')
  return `ALERT ${when}  customer ${customerId} at terminal ${terminalId}, $${amount.toFixed(2)}, score ${score.toFixed(2)}: ${reason}`
}

function share(part: number, whole: number): string {
  return whole === 0 ? 'unknown' : (part / whole).toFixed(2)
}

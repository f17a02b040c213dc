/** As in topology.ts. */
export const topicNames = {
  transactions: 'transactions',
  labels: 'fraud-labels',
  scored: 'scored-transactions',
  alerts: 'fraud-alerts',
} as const

import { kafkaError } from '../../protocol/kafka-error.ts'
import type { Handler } from './handler.ts'

/** What Kafka says without an authorizer. */
export const describeAcls: Handler<'DescribeAcls'> = () => ({
  errorCode: kafkaError.SECURITY_DISABLED,
  errorMessage: 'No Authorizer is configured.',
  resources: [],
})

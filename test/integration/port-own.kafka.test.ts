import { realKafka } from '../conformance/port/port-broker.ts'
import { portSuiteOnBroker } from '../conformance/port/port-suite-on-broker.ts'
import { ownPortAt } from '../conformance/port/ports.ts'

portSuiteOnBroker('the port on our own client, against Apache Kafka', ownPortAt, realKafka)

import { realKafka } from '../conformance/port/port-broker.ts'
import { portSuiteOnBroker } from '../conformance/port/port-suite-on-broker.ts'
import { kafkajsPortAt } from '../conformance/port/ports.ts'

portSuiteOnBroker('the port on KafkaJS, against Apache Kafka', kafkajsPortAt, realKafka)

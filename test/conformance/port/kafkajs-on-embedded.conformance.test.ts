import { embeddedBroker } from './port-broker.ts'
import { portSuiteOnBroker } from './port-suite-on-broker.ts'
import { kafkajsPortAt } from './ports.ts'
import { cutLogPromise } from './truncation-promises.ts'

portSuiteOnBroker('the port on KafkaJS, against the embedded broker', kafkajsPortAt, embeddedBroker, cutLogPromise)

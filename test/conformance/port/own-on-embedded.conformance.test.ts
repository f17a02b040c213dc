import { embeddedBroker } from './port-broker.ts'
import { portSuiteOnBroker } from './port-suite-on-broker.ts'
import { ownPortAt } from './ports.ts'
import { cutLogPromise } from './truncation-promises.ts'

portSuiteOnBroker('the port on our own client, against the embedded broker', ownPortAt, embeddedBroker, cutLogPromise)

import { writeFileSync } from 'node:fs'
import { configReference } from './config-reference.ts'
import { operatorReference } from './operator-reference.ts'

writeFileSync(new URL('config.md', import.meta.url), configReference())
writeFileSync(new URL('operators.md', import.meta.url), operatorReference())

// All tests of the room ROOM in one: a mutant starts one environment, and loads each module once.
import { join } from 'node:path'

const { tests } = require('./rooms.cjs')[process.env.ROOM ?? '']
for (const name of tests) require(join(__dirname, '..', `${name}.test.ts`))

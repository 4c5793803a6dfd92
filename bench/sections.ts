// All that `make bench` measures, in this order: what is short comes first.
import { actsSection } from './acts'
import { backSection } from './comes-back'
import { latencySection } from './latency'
import type { Section } from './section'
import { startsSection } from './starts'
import { throughputSection } from './throughput'
import { wideSection } from './wide'

export const sections: readonly Section[] = [
  startsSection,
  throughputSection,
  latencySection,
  backSection,
  actsSection,
  wideSection,
]

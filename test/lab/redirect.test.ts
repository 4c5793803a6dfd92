// Ports below 1024 of remote forwards, and limits, where nftables drops what nobody lets in. On hosts of other kinds: test/wide/redirect.test.ts.
import { tellPortStory } from './port-story'

tellPortStory('bookworm')

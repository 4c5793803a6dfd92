// The plainest peer: a shell script that makes the same parts, sent over ssh: near's accounts and keys, then all of middle, then the services.
// It is for hosts where nothing stands, looks at nothing and proves nothing.
import type { Lab } from '../lab'
import { must } from '../lab/command'
import { type Contender, type End, type Tunnel, timeoutMs } from './contender'
import { shellTexts } from './peer-texts'

export function makeScript(lab: Lab): Contender {
  let tunnels: readonly Tunnel[] = []
  const on = (host: End, lines: readonly string[]) =>
    must(lab.argvIn('controller', [...lab.ssh(host), 'sh -se']), { input: `${lines.join('\n')}\n`, timeoutMs })
  const texts = shellTexts(lab)
  return {
    name: 'script',
    async prepare(wanted) {
      tunnels = wanted
    },
    async deploy() {
      const tellKey = ({ name }: Tunnel) => `cat /etc/peer/${name}/key.pub`
      const made = [texts.nearBefore, ...tunnels.map(one => texts.near(one)), ...tunnels.map(tellKey)]
      const keys = (await on('near', made)).split('\n')
      const middle = tunnels.map((one, at) => texts.middle(one, keys[at] ?? ''))
      await on('middle', [...middle, texts.middleStays, texts.middleReload, texts.loadRules])
      await on('near', [texts.nearUp(tunnels)])
    },
    async destroy() {
      await on('near', [texts.nearDown(tunnels), texts.nearForget])
      await on('middle', [texts.middleDown(tunnels), texts.middleForget, texts.middleReload, texts.loadRules])
    },
    async tidy() {},
  }
}

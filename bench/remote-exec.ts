// The peer within Terraform: a terraform_data a tunnel, with remote-exec on middle, then on near. Each login is its own, as remote-exec makes them.
// The keys are there before: it brings nothing from one host to the other.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../lab'
import { must } from '../lab/command'
import { type Contender, type End, ends, type Tunnel } from './contender'
import { shellTexts } from './peer-texts'
import { makePlainTerraform, type PlainTerraform } from './plain-terraform'

/** A key pair a tunnel, in the folder's `keys`. */
export async function makeKeys(folder: string, tunnels: readonly Tunnel[]): Promise<void> {
  const each = 'mkdir keys; cd keys; for name; do ssh-keygen -q -t ed25519 -N "" -C "$name" -f "$name"; done'
  await must(['sh', '-ec', each, 'sh', ...tunnels.map(({ name }) => name)], { cwd: folder })
}

export function makeRemoteExec(lab: Lab): Contender {
  const texts = shellTexts(lab)
  let terraform: PlainTerraform | undefined
  const run = async (args: readonly string[], fine?: readonly number[]) => {
    if (terraform === undefined) throw new Error('there is no folder yet')
    return terraform.run(args, fine)
  }
  // Terraform's ssh asks for the host's first key in Go's order, whichever it has been told.
  const hostKeyOf = (end: End) => lab.hosts[end].sh("cut -d' ' -f1,2 /etc/ssh/ssh_host_ecdsa_key.pub")
  // When it is destroyed a resource is told of nothing but itself.
  const connection = (end: End) => ({
    type: 'ssh',
    user: 'root',
    host: `\${self.output.${end}}`,
    host_key: `\${self.output.${end}_key}`,
    private_key: '${file(self.output.identity)}',
  })
  const provisioner = (end: End, lines: readonly string[], further: object = {}) => ({
    'remote-exec': { ...further, connection: connection(end), inline: ['set -e', ...lines] },
  })
  const resourceOf = (folder: string, tunnel: Tunnel, hostKeys: Readonly<Record<End, string>>) => {
    const key = join(folder, 'keys', tunnel.name)
    const [privateKey, publicKey] = [readFileSync(key, 'utf8'), readFileSync(`${key}.pub`, 'utf8').trim()]
    const destroy = { when: 'destroy' }
    return {
      input: {
        identity: lab.keyFile,
        ...Object.fromEntries(
          ends.flatMap(end => [
            [end, lab.hosts[end].address],
            [`${end}_key`, hostKeys[end]],
          ]),
        ),
      },
      provisioner: [
        provisioner('middle', [
          texts.middle(tunnel, publicKey),
          texts.middleStays,
          texts.middleReload,
          texts.loadRule(tunnel),
        ]),
        provisioner('near', [texts.nearBefore, texts.near(tunnel, privateKey), texts.nearUp([tunnel])]),
        provisioner('near', [texts.nearDown([tunnel])], destroy),
        provisioner(
          'middle',
          [
            `nft -a list chain inet filter input | sed -n 's/.*"peer ${tunnel.name}" # handle/delete rule inet filter input handle/p' | nft -f -`,
            texts.middleDown([tunnel]),
            texts.middleReload,
          ],
          destroy,
        ),
      ],
    }
  }
  return {
    name: 'remote-exec',
    atMost: 100,
    async prepare(tunnels) {
      terraform = makePlainTerraform(lab)
      const { folder } = terraform
      await makeKeys(folder, tunnels)
      const hostKeys = { near: await hostKeyOf('near'), middle: await hostKeyOf('middle') }
      const all = Object.fromEntries(tunnels.map(tunnel => [tunnel.name, resourceOf(folder, tunnel, hostKeys)]))
      await terraform.declare({ resource: { terraform_data: all } })
      await run(['plan', '-out=saved'])
    },
    async deploy() {
      await run(['apply', 'saved'])
    },
    async plan() {
      return (await run(['plan', '-detailed-exitcode'], [0, 2])) === 0
    },
    async destroy() {
      await run(['destroy', '-auto-approve'])
    },
    async tidy() {
      // What no resource is alone with.
      await Promise.all([lab.hosts.near.sh(texts.nearForget), lab.hosts.middle.sh(texts.middleForget)])
      terraform?.remove()
      terraform = undefined
    },
  }
}

// What a contender needs on the hosts and the base tree lacks: put there while the lab runs, from .deb files in the cache.
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import type { HostName, Lab } from '../lab'
import { baseTree } from '../lab/base-tree'
import { must } from '../lab/command'

/** `suite`: Debian's that the hosts are of. */
export async function lendPackage(lab: Lab, name: string, hosts: readonly HostName[], suite?: string): Promise<void> {
  const tree = await baseTree(line => console.error(line), suite)
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'cdktf-ssh-tunnels', `${name}-${basename(tree)}`)
  const packages = (await must([join(__dirname, 'fetch-package.sh'), tree, name, folder])).split('\n')
  await Promise.all(
    hosts.map(async host => {
      const put = (path: string) =>
        must(lab.argvIn(host, ['/bin/sh', '-c', 'cat >"/tmp/$1"', 'sh', basename(path)]), { input: readFileSync(path) })
      for (const path of packages) await put(path)
      // Forced, since unpacking goes by name and not by what must be there before; --configure sees to the order.
      await lab.hosts[host].sh(`export DEBIAN_FRONTEND=noninteractive
        dpkg --unpack --force-depends /tmp/*.deb && dpkg --configure --pending && rm /tmp/*.deb`)
    }),
  )
}

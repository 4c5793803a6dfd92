// The peers that are from PyPI: each of this version, in an environment of its own in the user's cache.
import { join } from 'node:path'
import { must } from '../lab/command'
import { timeoutMs } from './contender'

export const pythonPeers = { 'ansible-core': '2.19.14', pyinfra: '3.10.0' } as const
export type PythonPeer = keyof typeof pythonPeers

/** Resolves to the folder of its programs; makes it at first use. */
export async function findPythonPeer(name: PythonPeer): Promise<string> {
  const version = pythonPeers[name]
  const make = join(__dirname, '../test/judges/make-venv.sh')
  return join(await must([make, `${name}-${version}`, `${name}==${version}`], { timeoutMs }), 'bin')
}

export const versionOf = (name: PythonPeer) => `${name} ${pythonPeers[name]}`

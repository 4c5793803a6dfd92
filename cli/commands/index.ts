// The registry of commands, in the order of the help.
import type { Command } from '../command'
import { apply } from './apply'
import { destroy } from './destroy'
import { doctor } from './doctor'
import { explain } from './explain'
import { guardTest } from './guard-test'
import { importBlocks } from './import-blocks'
import { init } from './init'
import { installProvider } from './install-provider'
import { oneApply, oneDestroy } from './one'
import { plan } from './plan'
import { status } from './status'
import { validate } from './validate'

export const commands: readonly Command[] = [
  init,
  validate,
  explain,
  plan,
  apply,
  destroy,
  doctor,
  status,
  guardTest,
  importBlocks,
  installProvider,
  oneApply,
  oneDestroy,
]

export const findCommand = (name: string): Command | undefined => commands.find(one => one.name === name)

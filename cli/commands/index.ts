// The registry of commands, in the order of the help.
import type { Command } from '../command'
import { adopt } from './adopt'
import { apply } from './apply'
import { close } from './close'
import { completeOf, completion } from './completion'
import { destroy } from './destroy'
import { doctor } from './doctor'
import { explain } from './explain'
import { guardTest } from './guard-test'
import { importBlocks } from './import-blocks'
import { init } from './init'
import { installProvider } from './install-provider'
import { list } from './list'
import { logs } from './logs'
import { oneApply, oneDestroy } from './one'
import { open } from './open'
import { plan } from './plan'
import { rotate } from './rotate'
import { status } from './status'
import { validate } from './validate'

export const commands: readonly Command[] = [
  init,
  validate,
  explain,
  plan,
  apply,
  destroy,
  rotate,
  status,
  doctor,
  adopt,
  list,
  logs,
  open,
  close,
  guardTest,
  importBlocks,
  installProvider,
  completion,
  completeOf(() => commands),
  oneApply,
  oneDestroy,
]

export const findCommand = (name: string): Command | undefined => commands.find(one => one.name === name)

// The registry of commands, in the order of the help.
import type { Command } from '../command'
import { adopt } from './adopt'
import { apply } from './apply'
import { close } from './close'
import { destroy } from './destroy'
import { doctor } from './doctor'
import { guardTest } from './guard-test'
import { importBlocks } from './import-blocks'
import { installProvider } from './install-provider'
import { list } from './list'
import { logs } from './logs'
import { oneApply, oneDestroy } from './one'
import { open } from './open'
import { plan } from './plan'
import { validate } from './validate'

export const commands: readonly Command[] = [
  validate,
  plan,
  apply,
  destroy,
  doctor,
  adopt,
  list,
  logs,
  open,
  close,
  guardTest,
  importBlocks,
  installProvider,
  oneApply,
  oneDestroy,
]

export const findCommand = (name: string): Command | undefined => commands.find(one => one.name === name)

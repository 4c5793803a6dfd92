// What people read of a plan, as golden texts.
import { importBlocks } from '../../cli/import-blocks'
import { colourPlan, renderLeftAlone, renderPlan } from '../../cli/render-plan'
import type { Tunnel } from '../../schemas/types'
import { changes, leftAlone } from './plan-of-changes'

test('a plan reads like Terraform: one block a tunnel, each part with its host', () => {
  expect(renderPlan(changes)).toBe(`  # tunnel web will be created
  + tunnel "web" {
      + listen    = "203.0.113.20:8080"
      + allowFrom = ["192.0.2.0/24"]
      + key       = { # on near
          + path      = "/etc/ssh-tunnels/web/key"
          + publicKey = (known after apply)
        }
    }

  # tunnel server935-ssh will be changed
  ~ tunnel "server935-ssh" {
      ~ command  = "ssh -N -L a" -> "ssh -N -L b"
      ~ firewall = { # on middle
          ~ open = false -> true
        }
      ~ sshd     = { # on middle
          ~ dropInSha256 = "aaaaaaaaaaaa..." -> "bbbbbbbbbbbb..."
          ~ permitOpen   = ["any"] -> ["server935:22"]
        }
    }

  # tunnel old will be removed
  - tunnel "old" {
      - service = { # on near
          - unit = "evil\\u001b[2J"
        }
    }

Plan: 1 to add, 1 to change, 1 to destroy.
`)
})

test('a plan without changes is two words', () => {
  expect(renderPlan(changes.filter(({ action }) => action === 'none'))).toBe('No changes.\n')
})

test('what is left alone is listed, with what would have it removed', () => {
  expect(renderLeftAlone(leftAlone, 't')).toBe(
    'left alone: tunnel theirs of owner t on middle, not in this spec; say owner: t in the spec to have it removed\n',
  )
  expect(renderLeftAlone([], 't')).toBe('')
})

test('on a terminal the sign at the head of a line is coloured, and nothing else', () => {
  expect(colourPlan('      ~ open = false -> true\n-/+ tunnel "a" {\n')).toBe(
    '      \x1b[33m~\x1b[0m open = false -> true\n-/+ tunnel "a" {\n',
  )
  expect(colourPlan('  -/+ tunnel')).toBe('  \x1b[31m-\x1b[0m/\x1b[32m+\x1b[0m tunnel')
})

test('an import block holds the arguments in snake_case, as an HCL string without templates', () => {
  const near = { name: 'near', address: '198.51.100.10', identityFile: '~/.ssh/${x}' }
  const input: Tunnel = {
    name: 'web',
    owner: 't',
    forward: 'remote',
    listen: '*:1',
    far: 'a:2',
    client: near,
    server: near,
  }
  const text = importBlocks({ declared: [{ type: 'tunnel', input }] })
  expect(text).toMatch(/^import \{\n {2}to = sshtunnel_tunnel\.web\n {2}id = "\{.*\}"\n\}\n$/)
  expect(text).toContain('\\"identity_file\\":\\"~/.ssh/$${x}\\"')
  expect(text).toContain('\\"owner\\":\\"t\\"')
})

// `explain`: what will be where, and why; or a picture of all tunnels.
import { type Declared, explain as explainOne, type Route } from '../../engine'
import { plainJson } from '../../schemas/plain'
import { isNamed } from '../../schemas/shared'
import { type Command, type Option, WrongWords } from '../command'
import { drawMermaid } from '../diagram/mermaid'
import { drawSvg } from '../diagram/svg'
import { drawText } from '../diagram/text'
import { json } from '../options'
import { readEstate } from '../read-estate'
import { readOrSay } from '../read-or-say'
import { renderExplanations } from '../render-explain'
import { takesColour, widthOf } from '../terminal'

const diagram: Option = {
  usage: '--diagram FORM',
  says: 'a picture of the tunnels instead: svg, mermaid or text, on standard output',
  takesValue: true,
  values: ['svg', 'mermaid', 'text'],
}

const forms: Readonly<Record<string, (routes: readonly Route[], title: string) => string>> = {
  svg: drawSvg,
  mermaid: drawMermaid,
  text: drawText,
}

export const explain: Command = {
  name: 'explain',
  takes: [{ name: 'SPEC' }, { name: 'TUNNEL', optional: true, many: true }],
  says: 'what will be where and why: the chain, the ssh command, each line with its reason and manual page; no host is asked',
  example: 'ssh-tunnels explain tunnels.yaml server935-ssh',
  more: `For each tunnel: the way of a visitor, what of it is encrypted, and whom far sees; the ssh command that it stands for; and each
line that will stand on a host, of sshd, authorized_keys, the firewall and the unit. What only the host can tell, as who makes the rules
of its firewall, is said so. Without a tunnel all of the spec, and the settings of its hosts.

  ssh-tunnels explain tunnels.yaml --diagram svg > tunnels.svg

draws all tunnels as one picture, for a README of either colour; --diagram mermaid writes a flowchart that GitHub and GitLab draw.`,
  options: { json, diagram },
  run(words) {
    const [spec, form, asJson] = [words.argument('SPEC'), words.valueOf('diagram'), words.has('json')]
    const draw = form === undefined ? null : Object.hasOwn(forms, form) ? forms[form] : undefined
    if (draw === undefined) throw new WrongWords(`--diagram ${form} is none of ${Object.keys(forms).join(', ')}`)
    if (draw && asJson) throw new WrongWords('--diagram prints a picture, and --json a document: leave one of them out')
    const names = words.argumentsOf('TUNNEL')
    const estate = readOrSay('explain', spec, asJson, () => readEstate(spec, names))
    if (!estate) return 1
    const isAsked = (one: Declared) => names.length === 0 || (one.type === 'tunnel' && isNamed(one.input, names))
    const explained = estate.declared.filter(isAsked).map(explainOne)
    const routes = explained.flatMap(({ routes }) => routes)
    const look = { width: widthOf(process.stdout), colour: takesColour(process.stdout) }
    process.stdout.write(
      draw
        ? draw(routes, `SSH tunnels of ${spec}`)
        : asJson
          ? `${plainJson({ command: 'explain', spec, owner: estate.owner, explained, errors: [] }, 2)}\n`
          : renderExplanations(explained, look),
    )
    return 0
  },
}

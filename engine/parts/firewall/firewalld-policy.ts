// A policy of firewalld's for each tunnel: a file of our own, whatever zones the host has. Pure.
import { createHash } from 'node:crypto'
import { readRuleMark } from '../mark'
import { canonicalNetwork } from '../network'
import type { Snapshot } from '../snapshot'
import type { Kept } from './manager'
import type { Opening } from './opening'

const folder = '/etc/firewalld/policies'

/** firewalld takes names of 18 characters at most, tunnels have longer ones. */
export const policyOf = (tag: string): string =>
  `ssh-tun-${createHash('sha256').update(tag).digest('hex').slice(0, 10)}`
export const policyPath = (tag: string): string => `${folder}/${policyOf(tag)}.xml`

const familyOf = ({ address, source }: Opening): string | null => {
  const known = address ?? source
  return known === null ? null : known.includes(':') ? 'ipv6' : 'ipv4'
}

/** A rich rule in the words of firewalld.richlanguage(5), before what the host's own rules deny. */
export function richRule(opening: Opening): string {
  const family = familyOf(opening)
  const words = [
    'rule priority="-1"',
    family && `family="${family}"`,
    opening.source && `source address="${opening.source}"`,
    opening.address && `destination address="${opening.address}"`,
    `port port="${opening.port}" protocol="tcp" accept`,
  ]
  return words.filter(Boolean).join(' ')
}

/** From any zone to the host itself. */
export function policyText(tag: string, openings: readonly Opening[]): string {
  const rules = openings.flatMap(opening => {
    const family = familyOf(opening)
    return [
      `  <rule priority="-1"${family ? ` family="${family}"` : ''}>`,
      ...(opening.source ? [`    <source address="${opening.source}"/>`] : []),
      ...(opening.address ? [`    <destination address="${opening.address}"/>`] : []),
      `    <port port="${opening.port}" protocol="tcp"/>`,
      '    <accept/>',
      '  </rule>',
    ]
  })
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<policy priority="-1" target="CONTINUE">',
    `  <short>${tag}</short>`,
    '  <ingress-zone name="ANY"/>',
    '  <egress-zone name="HOST"/>',
    ...rules,
    '</policy>',
    '',
  ].join('\n')
}

/** What our policies say; of another form than ours nothing. */
export function keptRules(on: Snapshot): Kept[] {
  return Object.entries(on.files).flatMap(([path, { text }]) => {
    const tag = /<short>([^<]*)<\/short>/.exec(text)?.[1] ?? ''
    if (!path.startsWith(`${folder}/`) || readRuleMark(tag) === null) return []
    return [...text.matchAll(/<rule [^>]*>([\s\S]*?)<\/rule>/g)].flatMap(([, body = '']) => {
      const port = /<port port="(\d+)" protocol="tcp"\/>/.exec(body)?.[1]
      const network = (what: string) => {
        const address = new RegExp(`<${what} address="([^"]*)"/>`).exec(body)?.[1]
        return address === undefined ? null : canonicalNetwork(address)
      }
      if (port === undefined) return []
      return [{ tag, opening: { address: network('destination'), port: Number(port), source: network('source') } }]
    })
  })
}

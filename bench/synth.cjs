// Synthesizes N tunnels, or N plain resources with the attributes that a tunnel has, and prints how many milliseconds that took without loading
// the libraries. Usage: node bench/synth.cjs ours|plain N FOLDER
const { mkdtempSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { App, TerraformResource, TerraformStack } = require('cdktf')
const { Host, MiddleServer, Tunnel } = require('../dist/index.js')

const [, , what, count, folder] = process.argv

class Plain extends TerraformResource {
  constructor(scope, id, type, attributes) {
    super(scope, id, { terraformResourceType: type })
    this.attributes = attributes
  }

  synthesizeAttributes() {
    return this.attributes
  }
}

function synthesize(outdir, fill) {
  const app = new App({ outdir })
  fill(new TerraformStack(app, 'main'))
  app.synth()
}

function tunnels(stack, count) {
  const knownHosts = '~/.ssh/known_hosts'
  const near = Host.at({ name: 'near', address: '198.51.100.10', user: 'root', knownHosts })
  const middle = new MiddleServer(stack, 'middle', { address: '203.0.113.20', user: 'root', knownHosts })
  for (let at = 0; at < count; at++) {
    const listen = `203.0.113.20:${20000 + at}`
    new Tunnel(stack, `t${at}`, { client: near, server: middle, forward: 'remote', listen, far: 'far:80' })
  }
}

/** What one of ours has in Terraform's configuration. */
function attributesOfOne() {
  const outdir = mkdtempSync(join(folder, 'one-'))
  synthesize(outdir, stack => tunnels(stack, 1))
  const { resource } = JSON.parse(readFileSync(join(outdir, 'stacks/main/cdk.tf.json'), 'utf8'))
  const [{ '//': _, ...attributes }] = Object.values(resource.sshtunnel_tunnel)
  return attributes
}

const attributes = attributesOfOne()
const begun = performance.now()
if (what === 'ours') synthesize(folder, stack => tunnels(stack, Number(count)))
else {
  synthesize(folder, stack => {
    for (let at = 0; at < count; at++)
      new Plain(stack, `t${at}`, 'plain_tunnel', { ...attributes, listen: `203.0.113.20:${20000 + at}` })
  })
}
console.log(performance.now() - begun)

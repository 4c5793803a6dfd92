# The ID is the resource's own arguments as JSON, which say how its hosts are reached.
import {
  to = sshtunnel_tunnel.server935_ssh
  id = jsonencode({
    name       = "server935-ssh"
    owner      = "tutorial"
    client     = local.middle
    server     = local.middle
    forward    = "local"
    listen     = "${var.middle_address}:110"
    far        = "server935:22"
    allow_from = ["198.51.100.0/24"]
  })
}

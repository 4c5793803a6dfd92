# The ID is the resource's own arguments as JSON, which say how its host is reached.
import {
  to = sshtunnel_middle.middle
  id = jsonencode({
    name                  = "middle"
    owner                 = "tutorial"
    host                  = local.middle
    client_alive_interval = 30
    open_ports            = [{ port = 443, from = ["198.51.100.0/24"] }]
  })
}

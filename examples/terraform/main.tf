# The tutorial's tunnel in plain Terraform or OpenTofu: port 110 of middle leads to far's SSH, for one network.
#
#   npx ssh-tunnels install-provider
#   terraform init
#   terraform apply -var middle_address=203.0.113.20 -var middle_host_key="ssh-ed25519 AAAA..."

terraform {
  required_providers {
    sshtunnel = {
      source  = "terraform.local/tunnels/sshtunnel"
      version = "0.1.0"
    }
  }
}

variable "middle_address" {
  description = "The middle server's IP address, at which the tunnel listens too."
  type        = string
}

variable "middle_host_key" {
  description = "Type and base64 from /etc/ssh/ssh_host_ed25519_key.pub on the middle server."
  type        = string
}

variable "identity_file" {
  description = "Private key for the login; without one, the agent."
  type        = string
  default     = null
}

locals {
  middle = {
    name          = "middle"
    address       = var.middle_address
    user          = "root"
    host_key      = var.middle_host_key
    identity_file = var.identity_file
  }
}

# By these the state is read and destroyed, whatever logins it remembers.
provider "sshtunnel" {
  logins = [local.middle]
}

resource "sshtunnel_middle" "middle" {
  name                  = "middle"
  owner                 = "tutorial"
  host                  = local.middle
  client_alive_interval = 30
  open_ports            = [{ port = 443, from = ["198.51.100.0/24"] }]
}

# By hand, on middle: ssh -N -L 203.0.113.20:110:server935:22 127.0.0.1
resource "sshtunnel_tunnel" "server935_ssh" {
  name       = "server935-ssh"
  owner      = "tutorial"
  client     = local.middle
  server     = local.middle
  forward    = "local"
  listen     = "${var.middle_address}:110"
  far        = "server935:22"
  allow_from = ["198.51.100.0/24"]
  depends_on = [sshtunnel_middle.middle]
}

output "endpoint" {
  value = sshtunnel_tunnel.server935_ssh.endpoint
}

output "far_answered" {
  value = sshtunnel_tunnel.server935_ssh.proof.far_answered
}

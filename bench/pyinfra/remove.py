# Takes away what deploy.py made; down.py came before, so that no session of an account is left when it goes.
import json
from pathlib import Path

from pyinfra import host
from pyinfra.operations import files, server, systemd

tunnels = json.loads(Path("tunnels.json").read_text())["tunnels"]
near = host.name == "near"

if near:
    for tunnel in host.loop(tunnels):
        files.file(path=f"/etc/systemd/system/peer-{tunnel['name']}.service", present=False)
    systemd.daemon_reload()
# By force, as a session of the account may be about to end on middle; server.user knows no such thing.
for tunnel in host.loop(tunnels):
    server.shell(commands=[f"userdel --force peer-{tunnel['name']}"])
files.directory(path="/etc/peer", present=False)
if not near:
    for tunnel in host.loop(tunnels):
        files.file(path=f"/etc/ssh/sshd_config.d/10-peer-{tunnel['name']}.conf", present=False)
    files.line(path="/etc/nftables.conf", line='include "/etc/peer/nft/\\*.nft"', present=False)
    server.shell(commands=["sshd -t && systemctl reload ssh", "nft -f /etc/nftables.conf"])

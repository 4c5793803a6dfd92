# The tunnels as pyinfra makes them: what ours makes for each, an operation a part. The keys are there before: facts are read before anything runs,
# so nothing that one host makes is known to the other. Loops are host.loop's, for the same reason; up.py comes after all of this.
import json
from io import StringIO
from pathlib import Path

from pyinfra import host
from pyinfra.operations import files, server, systemd

given = json.loads(Path("tunnels.json").read_text())
tunnels, address, far = given["tunnels"], given["server"], given["far"]
templates = given["templates"]
near = host.name == "near"


def any_changed(operations):
    return lambda: any(one.did_change() for one in operations)


files.directory(path="/etc/peer", mode="755")
for tunnel in host.loop(tunnels):
    server.user(
        user=f"peer-{tunnel['name']}",
        system=True,
        create_home=False,
        ensure_home=False,
        home="/nonexistent",
        shell="/usr/sbin/nologin",
    )

if near:
    files.put(src=StringIO(f"{address} {given['server_host_key']}\n"), dest="/etc/peer/known_hosts", mode="644")
    units = []
    for tunnel in host.loop(tunnels):
        account = f"peer-{tunnel['name']}"
        files.directory(path=f"/etc/peer/{tunnel['name']}", user=account, mode="700")
        files.put(src=f"keys/{tunnel['name']}", dest=f"/etc/peer/{tunnel['name']}/key", user=account, mode="600")
        units.append(
            files.template(
                src=f"{templates}/unit.j2",
                dest=f"/etc/systemd/system/{account}.service",
                mode="644",
                item=tunnel,
                server=address,
                far=far,
            )
        )
else:
    files.directory(path="/etc/peer/authorized_keys", mode="755")
    files.directory(path="/etc/peer/nft", mode="755")
    drop_ins, rules = [], []
    for tunnel in host.loop(tunnels):
        name = tunnel["name"]
        files.put(src=StringIO(f"{tunnel['key_line']}\n"), dest=f"/etc/peer/authorized_keys/peer-{name}", mode="644")
        drop_ins.append(
            files.template(
                src=f"{templates}/sshd.j2",
                dest=f"/etc/ssh/sshd_config.d/10-peer-{name}.conf",
                mode="644",
                item=tunnel,
                server=address,
            )
        )
        rules.append(files.put(src=StringIO(f"{tunnel['rule']}\n"), dest=f"/etc/peer/nft/{name}.nft", mode="644"))
    rules.append(files.line(path="/etc/nftables.conf", line='include "/etc/peer/nft/\\*.nft"', replace='include "/etc/peer/nft/*.nft"'))
    server.shell(commands=["sshd -t && systemctl reload ssh"], _if=any_changed(drop_ins))
    server.shell(commands=["nft -f /etc/nftables.conf"], _if=any_changed(rules))

if near:
    systemd.daemon_reload(_if=any_changed(units))

# Stops the services, before anything is removed.
import json
from pathlib import Path

from pyinfra import host
from pyinfra.operations import systemd

if host.name == "near":
    for tunnel in host.loop(json.loads(Path("tunnels.json").read_text())["tunnels"]):
        systemd.service(service=f"peer-{tunnel['name']}", running=False, enabled=False)

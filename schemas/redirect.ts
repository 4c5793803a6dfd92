// Ports below 1024 for a remote forward: sshd listens as the tunnel's own account, so it listens on a higher one, and the firewall leads visitors there. Pure.

/** Ports below it are root's (ip(7), ip_unprivileged_port_start). */
export const privileged = 1024

/** Below the ports that clients take (ip_local_port_range), and away from what is well known. */
const shift = 24_000

/** The port on which sshd listens for a remote forward of `port`. */
export const portBehind = (port: number): number => (port > 0 && port < privileged ? shift + port : port)

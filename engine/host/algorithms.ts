// The types of host keys that we take.
// No ssh-rsa (SHA-1) and no ssh-dss: OpenSSH has them off since 8.8 and 7.0.
export const allAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const
export type HostKeyAlgorithm = (typeof allAlgorithms)[number]

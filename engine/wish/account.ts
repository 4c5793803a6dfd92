// What an account of a tunnel's is, on either host. Pure.
import type { Chain } from './chain'

const shell = '/usr/sbin/nologin'

export const accountState = ({ account, owner }: Chain) => ({ name: account, shell, owner })

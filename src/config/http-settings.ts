/** The settings of what `serve` answers over HTTP. */
import { optional, plain, secret } from './setting.ts';

/** In the order of docs/settings.md. */
export const httpSettings = [
  plain(
    'HTTP_PORT',
    '8080',
    'port of `serve` for its [page](page.md), and for `/livez`, `/readyz`, `/status` and `/metrics`; `0` switches all of it off',
  ),
  plain(
    'HTTP_HOST',
    '127.0.0.1',
    'address that `serve` listens on; `0.0.0.0` or `::` for all addresses, which needs `HTTP_TOKEN_FILE`, `HTTP_TRUSTED_PROXY` or `HTTP_PAGE=off`',
  ),
  plain('HTTP_PAGE', 'on', '`off` leaves only what monitoring asks'),
  secret(
    'HTTP_TOKEN',
    '–',
    'tokens that open the page: a line for each person with a role (`reader` or `investigator`), a name and a token; see [Who may see it](page.md#who-may-see-it)',
  ),
  optional(
    'HTTP_TRUSTED_PROXY',
    '–',
    'addresses of a proxy that logs people in and says who they are: `10.0.0.5,10.1.0.0/24`; by the address that connects, never by `X-Forwarded-For`',
  ),
  plain('HTTP_USER_HEADER', 'X-Forwarded-User', 'header in which that proxy names the user'),
  plain('HTTP_GROUPS_HEADER', 'X-Forwarded-Groups', 'header in which it lists their groups'),
  optional(
    'HTTP_INVESTIGATOR_GROUPS',
    '–',
    'groups whose members are investigators, separated by commas; everybody else whom the proxy lets through is a reader',
  ),
] as const;

import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { SimulatorOptions } from './options.ts';

/** Who a request says it is. */
export type Identity =
  | { readonly kind: 'known'; readonly scope: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'dead-token' };

/** The access tokens of the account. They live in memory: after a restart of the simulator a client must mint again. */
export interface Tokens {
  mint(scope: string, lifetimeSeconds: number): string;
  /** Every minted token dies at once; the ready token stays. */
  revokeAll(): void;
  identify(authorization: string | undefined): Identity;
}

/** Makes the token store and the check of `Authorization` headers (contract 6.1 and 6.3). */
export function createTokens({ credentials }: SimulatorOptions, clock: Clock): Tokens {
  const minted = new Map<string, { scope: string; expiresAtMs: number }>();
  const basic = Buffer.from(`${credentials.email}/token:${credentials.apiToken}`).toString(
    'base64',
  );

  function identifyBearer(token: string): Identity {
    if (credentials.readyToken !== '' && token === credentials.readyToken)
      return { kind: 'known', scope: 'read' };
    const known = minted.get(token);
    if (known === undefined || known.expiresAtMs <= clock.now()) return { kind: 'dead-token' };
    return { kind: 'known', scope: known.scope };
  }

  return {
    mint(scope, lifetimeSeconds) {
      const token = randomBytes(32).toString('hex');
      minted.set(token, { scope, expiresAtMs: clock.now() + lifetimeSeconds * 1000 });
      return token;
    },
    revokeAll: () => minted.clear(),
    identify(authorization) {
      if (authorization === undefined) return { kind: 'nobody' };
      const [, scheme, value] = /^(Bearer|Basic) (.+)$/i.exec(authorization) ?? [];
      if (scheme === undefined || value === undefined) return { kind: 'wrong' };
      if (scheme.toLowerCase() === 'bearer') return identifyBearer(value);
      if (credentials.apiToken === '' || value !== basic) return { kind: 'wrong' };
      return { kind: 'known', scope: 'read' };
    },
  };
}

/** Access tokens on demand: what one is, and when to renew it. */

const renewEarlyMs = 60_000;

/** One minted token. Tokens are compared by identity, because the server may issue the same text again. */
export type Token = { readonly text: string; readonly renewAtMs: number };

/**
 * Gets a token that is not the refused one. `adopt` makes a token of what was granted; its lifetime counts from the moment
 * of the request.
 */
export type Minting = (
  refused: Token | undefined,
  adopt: (granted: AdoptedGrant, askedAtMs: number) => Token,
) => Promise<Token>;

/** An access token and what is known about it. */
export type AdoptedGrant = {
  readonly accessToken: string;
  readonly scope: string | undefined;
  readonly expiresInMs: number;
};

/** When to renew a token minted at `mintedAtMs`: 60 s before its end, or at half of a very short life. */
export function planRenewal(mintedAtMs: number, expiresInMs: number): number {
  return mintedAtMs + Math.max(expiresInMs - renewEarlyMs, expiresInMs / 2);
}

/** Whether to renew a token with a lifetime of `lifeMs` that is still valid for `leftMs`. */
export function isToBeRenewed(leftMs: number, lifeMs: number): boolean {
  return leftMs <= Math.min(renewEarlyMs, lifeMs / 2);
}

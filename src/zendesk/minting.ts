/** Access tokens that are had on demand: what one is, and when it is to be renewed. */

const renewEarlyMs = 60_000;

/** One minted token. Two tokens are told apart by identity, as the server may issue the same text again. */
export type Token = { readonly text: string; readonly renewAtMs: number };

/**
 * Gets a token that is not the refused one. `adopt` takes what was granted, for so long from the moment at which it was asked
 * for.
 */
export type Minting = (
  refused: Token | undefined,
  adopt: (granted: AdoptedGrant, askedAtMs: number) => Token,
) => Promise<Token>;

/** An access token and what is known of it. */
export type AdoptedGrant = {
  readonly accessToken: string;
  readonly scope: string | undefined;
  readonly expiresInMs: number;
};

/** When to renew a token minted at `mintedAtMs`: 60 s before its end, or at half of a very short life. */
export function planRenewal(mintedAtMs: number, expiresInMs: number): number {
  return mintedAtMs + Math.max(expiresInMs - renewEarlyMs, expiresInMs / 2);
}

/** Whether a token that was good for `lifeMs` and still is for `leftMs` is to be renewed. */
export function isToBeRenewed(leftMs: number, lifeMs: number): boolean {
  return leftMs <= Math.min(renewEarlyMs, lifeMs / 2);
}

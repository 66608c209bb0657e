/** Where the tokens of a login by refresh token are kept (contract 6.2); the caller of this folder knows how. */

/** The two tokens of a login, as Zendesk sent them. */
export type TokenPair = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly scope: string | undefined;
  /** How much longer they are valid; undefined if unknown. */
  readonly accessLeftMs: number;
  readonly refreshLeftMs: number | undefined;
};

/** The newest pair that is kept. */
export type KeptLogin = Omit<TokenPair, 'refreshToken'> & {
  /** How long the access token was valid when it was stored. */
  readonly accessLifeMs: number;
  /** Identifies the pair: the next one has another mark. */
  readonly mark: string;
};

/** The right to use the refresh token, for a while. */
export type RefreshTurn = {
  readonly id: string;
  /** The mark of the stored pair; undefined if there is none. */
  readonly mark: string | undefined;
  /** The refresh token to use; undefined if there is no usable one. */
  readonly refreshToken: string | undefined;
  /** Whether it comes from the settings although a login is stored too; if it is refused, the stored login is used. */
  readonly hasFallback: boolean;
  /** Whether another process had the turn with the same pair and did not end it. */
  readonly wasInterrupted: boolean;
  /** Whether Zendesk has refused this token recently. */
  readonly isRefused: boolean;
  /** Why there is no refresh token, as an error says it. */
  readonly absence: string;
};

/** Where a login is kept for every process that uses it. */
export type LoginKeeper = {
  /** The newest pair; undefined if there is no readable one. */
  load(): Promise<KeptLogin | undefined>;
  /** Undefined while another process has the turn. */
  takeTurn(): Promise<RefreshTurn | undefined>;
  /** Extends the turn; false if another process has it meanwhile. */
  prolong(turn: RefreshTurn): Promise<boolean>;
  endTurn(turn: RefreshTurn): Promise<void>;
  /** Stores a pair in place of the one with the mark `former`; does nothing if there is another one meanwhile. */
  keep(pair: TokenPair, mark: string, former: string | undefined): Promise<void>;
  /** Records that Zendesk has permanently refused the token of the turn. */
  refuse(turn: RefreshTurn): Promise<void>;
};

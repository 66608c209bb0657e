/** Where the tokens of a login by refresh token are kept (contract 6.2); the caller of this folder knows how. */

/** The two tokens of a login, as they came. */
export type TokenPair = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly scope: string | undefined;
  /** How much longer they are good; undefined where nobody has said. */
  readonly accessLeftMs: number;
  readonly refreshLeftMs: number | undefined;
};

/** The newest pair that is kept. */
export type KeptLogin = Omit<TokenPair, 'refreshToken'> & {
  /** How long the access token was good when it was kept. */
  readonly accessLifeMs: number;
  /** Names the pair: the next one has another mark. */
  readonly mark: string;
};

/** The right to use the refresh token, for a while. */
export type RefreshTurn = {
  readonly id: string;
  /** Of the pair that is kept; undefined where there is none. */
  readonly mark: string | undefined;
  /** What to use; undefined where there is none that could be. */
  readonly refreshToken: string | undefined;
  /** Whether it comes from the settings while a login is kept as well, which is then used if it is refused. */
  readonly hasFallback: boolean;
  /** Whether somebody had the turn with the same pair and did not end it. */
  readonly wasInterrupted: boolean;
  /** Whether Zendesk has refused this token a short while ago. */
  readonly isRefused: boolean;
  /** Why there is no refresh token, as an error says it. */
  readonly absence: string;
};

/** Where a login is kept for every process that uses it. */
export type LoginKeeper = {
  /** The newest pair; undefined where there is none that can be read. */
  load(): Promise<KeptLogin | undefined>;
  /** Undefined while another process has the turn. */
  takeTurn(): Promise<RefreshTurn | undefined>;
  /** Prolongs the turn; false when another process has it meanwhile. */
  prolong(turn: RefreshTurn): Promise<boolean>;
  endTurn(turn: RefreshTurn): Promise<void>;
  /** Keeps a pair in place of the one with the mark `former`; does nothing when another one is there meanwhile. */
  keep(pair: TokenPair, mark: string, former: string | undefined): Promise<void>;
  /** Notes that Zendesk has refused the token of the turn for good. */
  refuse(turn: RefreshTurn): Promise<void>;
};

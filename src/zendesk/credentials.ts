/** How to log in to Zendesk (contract section 6): exactly one of three kinds. Every value but `clientId` and `email` is secret. */
export type Credentials =
  | { readonly kind: 'oauth-client'; readonly clientId: string; readonly clientSecret: string }
  | { readonly kind: 'oauth-token'; readonly token: string }
  | { readonly kind: 'api-token'; readonly email: string; readonly token: string };

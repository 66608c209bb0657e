/** One plain sentence for each way in which Zendesk refuses: what is missing and what to do (contract 0.5, 4.4, 6, Q12, Q13). */
import type { Credentials } from './credentials.ts';
import type { ErrorBody } from './error-body.ts';

const clients = 'Admin Center > Apps and integrations > APIs > OAuth clients';
const itsUser = 'the user whose credentials are used';
const noSuchRecord = 'Zendesk knows no such record';
const subdomain = 'check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL';

type Resource = {
  name: string;
  role: string;
  /** What it takes to read it, as the end of a sentence. */
  entitlement: string;
};

function resourceOf(path: string): Resource {
  if (path.startsWith('/api/v2/audit_logs'))
    return {
      name: 'The audit log',
      role: 'admin',
      entitlement: `it needs the plan Zendesk Suite Enterprise or Support Enterprise (or a higher one) and the role admin; check the plan, and the role of ${itsUser}`,
    };
  if (path.startsWith('/api/v2/access_logs'))
    return {
      name: 'The access log',
      role: 'admin',
      entitlement: `it needs the add-on Advanced Data Privacy and Protection and the role admin; check both, and switch it on: Admin Center > Account > Logs > Access log > "Turn on the Access Log API"`,
    };
  return {
    name: path,
    role: 'agent or admin',
    entitlement: `it needs the role agent or admin; check the role of ${itsUser}`,
  };
}

/** Why `path` is not available (403, 404), without a full stop at the end. */
export function explainUnavailable(status: number, body: ErrorBody, path: string): string {
  const resource = resourceOf(path);
  const reason = status === 404 ? explainAbsence(body, resource) : explainForbidden(body, resource);
  return `${resource.name} is not available (${status}): ${reason}`;
}

function explainForbidden(body: ErrorBody, resource: Resource): string {
  const words = body.words ?? '';
  const scopes = /missing the following required scopes?:?\s*([a-z0-9_:., -]{0,80})/i.exec(words);
  if (scopes !== null) {
    const missing = (scopes[1] ?? '').replace(/[\s.,]+$/, '') || 'read';
    return `the token lacks the scope ${missing}; allow it for the OAuth client (${clients}) and set ZENDESK_OAUTH_SCOPE to it, best to read`;
  }
  if (/administrator privileges|authorization failed/i.test(words))
    return `only the role ${resource.role} may read it; give that role to ${itsUser}`;
  return resource.entitlement;
}

function explainAbsence(body: ErrorBody, resource: Resource): string {
  if (body.code === 'RecordNotFound') return noSuchRecord;
  if (body.code === 'InvalidEndpoint' || body.shape === 'list')
    return `this account does not have the endpoint; ${resource.entitlement}`;
  return `nothing answers there; ${subdomain}, and know that ${resource.entitlement}`;
}

/** Why the credentials are refused (401), without a full stop at the end. */
export const unauthorizedSentences: Readonly<Record<Credentials['kind'], string>> = {
  'oauth-client': `Zendesk refuses the access token (401), even a newly minted one; check that the OAuth client is confidential and that its user is an active admin (${clients})`,
  'oauth-token':
    'Zendesk refuses ZENDESK_OAUTH_TOKEN (401): it is wrong, expired or revoked; make a new one, or set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET so that tokens are renewed',
  'api-token':
    'Zendesk refuses ZENDESK_USER_EMAIL with ZENDESK_API_TOKEN (401): one is wrong, or the token was deactivated, as Zendesk does after 30 days without use and for good on 2027-04-30; set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET of an OAuth client instead',
};

/** Why no token was minted (4xx of the token endpoint), without a full stop at the end. */
export function explainMintRefusal(status: number, body: ErrorBody, scope: string): string {
  if (body.code === 'invalid_scope')
    return `Zendesk does not grant the scope ${scope} to the OAuth client (${status}); set ZENDESK_OAUTH_SCOPE to scopes that the client is allowed (${clients})`;
  if (status === 404) return `No token endpoint answers (404); ${subdomain}`;
  return `Zendesk refuses the OAuth client (${status}); check ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET, and that the client is confidential (${clients})`;
}

/** Why a token with too little scope is not used, without a full stop at the end. */
export function explainNarrowScope(requested: string, granted: string, missing: string): string {
  return `Zendesk granted the scope ${granted || '(none)'} where ${requested} was asked for, so ${missing} is missing; allow it for the OAuth client (${clients}) or change ZENDESK_OAUTH_SCOPE`;
}

/** Whether a sentence of this file says that the credentials are refused: that a person must act on them. */
export function tellsOfRefusedCredentials(sentence: string): boolean {
  return /^(?:Zendesk (?:refuses|does not grant|granted) |No token endpoint answers )/.test(
    sentence,
  );
}

/** Whether a sentence of this file says that the one record asked for does not exist, though its endpoint does. */
export function tellsOfMissingRecord(sentence: string): boolean {
  return sentence.includes(noSuchRecord);
}

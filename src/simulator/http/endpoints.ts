import type { FaultTarget } from '../faults/faults.ts';
import { answerJson, type SimulatedAnswer, type Service } from './answers.ts';
import type { Gate } from './limits.ts';

/** An API request, read as far as all endpoints need it. */
export type ApiRequest = {
  /** The number in the path; NaN when there is none. */
  readonly id: number;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly contentType: string;
  readonly body: string;
  /** Origin the client used, such as `http://127.0.0.1:8080`; links are made from it. */
  readonly origin: string;
  /** On a clock that never goes back, ms; for limits. */
  readonly arrivedMs: number;
  readonly faultTarget: FaultTarget;
};

/** An endpoint of the account. */
export type Endpoint = {
  readonly method: 'GET' | 'POST';
  /** Matches the paths without query that are this endpoint's. */
  readonly path: RegExp;
  /** The name by which a fault targets it. */
  readonly stream: string;
  readonly service: Service;
  readonly gate: Gate;
  /** One of these scopes is needed; `anonymous`: also works without credentials; `unchecked`: the header is not checked. */
  readonly scopes: readonly string[] | 'anonymous' | 'unchecked';
  /** The page size without `page[size]`. */
  readonly pageSize: number;
  readonly answer: (request: ApiRequest) => SimulatedAnswer;
};

/** Matches a path and, as the Support stack does (contract 0.1), the same with `.json`; `{id}` means a number. */
export function matchPath(path: string, hasJsonForm = true): RegExp {
  const pattern = path.replace('{id}', String.raw`(\d+)`);
  return new RegExp(`^${pattern}${hasJsonForm ? String.raw`(?:\.json)?` : ''}$`);
}

const MAX_IDS = 100;

/** The ids of `ids=`, as the `show_many` endpoints take them; or why they are refused (contract 5.2). */
export function readIds(query: URLSearchParams): ReadonlySet<string> | SimulatedAnswer {
  const ids = new Set((query.get('ids') ?? '').split(',').filter((id) => /^\d+$/.test(id)));
  if (ids.size === 0)
    return answerJson(400, { error: 'RequiredParameterMissing', description: 'ids is missing' });
  if (ids.size <= MAX_IDS) return ids;
  const description = `ids can hold at most ${MAX_IDS} values`;
  return answerJson(400, { error: 'TooManyValues', description });
}

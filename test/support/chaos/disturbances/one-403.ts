import type { Disturbance } from '../disturbance.ts';

/** As a proxy or a short outage answers. */
export const one403: Disturbance = {
  name: 'one-403',
  deed: 'one request gets a 403, as an HTML page or as a Zendesk error',
  passes: true,
  async strike({ zendesk, random }) {
    const [type, body] = random.pick([
      ['text/html', '<html><body><h1>Blocked by the web filter</h1></body></html>'],
      [
        'application/json',
        '{"error":{"title":"Forbidden","message":"You do not have access to this page. Please contact the account owner of this help desk for further help."}}',
      ],
    ] as const);
    let left = 1;
    zendesk.alter((answer) => {
      if (!answer.path.endsWith('_logs') || left === 0) return answer;
      left -= 1;
      return { ...answer, status: 403, headers: { 'content-type': type }, body };
    });
  },
};
